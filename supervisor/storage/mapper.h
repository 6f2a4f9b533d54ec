/* Device-mapper, as far as multipath maps need it. storage/mapper_dm.c does it with libdevmapper;
 * tests have a device-mapper that is a folder.
 *
 * Looking never waits for I/O. Changing may: only workers do it. Nothing here opens a map. */
#pragma once
#include "base/err.h"
#include "storage/plan.h"

/* Once, before anything else: nobody here answers udev's cookies. */
void mapper_init(void);

/* A descriptor that becomes readable (poll) when any map changes its state; -1 without a
 * device-mapper. mapper_arm() before every look: what happens after it makes it readable again. */
int mapper_open_events(struct err *e);
int mapper_arm(int fd, struct err *e);

/* Calls see() for every map, ours or not, of which only name and uuid are filled. */
int mapper_for_each(void (*see)(const struct map *map, void *data), void *data, struct err *e);

/* Fills in the rest; map->exists becomes false where there is no such map. */
int mapper_look(const char *name, struct map *map, struct err *e);

/* These wait. parameters: the table's. */
int mapper_create(const char *name, const char *uuid, uint64_t sectors, const char *parameters,
                  struct err *e);
int mapper_reload(const char *name, uint64_t sectors, const char *parameters, struct err *e);
int mapper_name(const char *name, struct err *e);
int mapper_clear(const char *name, struct err *e);
int mapper_resume(const char *name, struct err *e);
int mapper_message(const char *name, const char *message, struct err *e);
int mapper_remove(const char *name, struct err *e);
