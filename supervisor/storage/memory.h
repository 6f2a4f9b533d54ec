/* What is remembered of a map while the multipath role is not there: a small file for each in
 * RUN_DIR/multipath, gone when the host is. Without it a role that dies again and again would let
 * I/O wait for ever, and bring back what the operator has removed. */
#pragma once
#include "base/err.h"
#include "config/multipath.h"
#include "storage/plan.h"

/* The file's text; at most MEMORY_TEXT_SIZE bytes with the NUL. */
#define MEMORY_TEXT_SIZE 512
void memory_format(const struct plan_memory *memory, const char *wwid, char text[MEMORY_TEXT_SIZE]);

/* The reverse; cuts text up. Of another LUN (the alias has been given away), or unknown or out of
 * range: as if nothing had been written. */
void memory_parse(struct plan_memory *memory, const char *wwid, char *text);

void memory_load(struct plan_memory *memory, const char *alias, const char *wwid);
/* Drops what is written of maps that are not configured: should they come back, it is news. */
void memory_forget_others(const struct multipath_config *config);
/* Writes it down, or removes the file where there is nothing to remember. */
int memory_save(const struct plan_memory *memory, const char *alias, const char *wwid,
                struct err *e);
