/* Is a path alive, and does it lead where it should? Asked by the multipath role of a checker: a
 * process of its own, because the answer may never come. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/multipath.h"
#include "storage/path.h"

struct check_request {
    char name[PATH_NAME_SIZE];
    uint32_t major, minor;
    char wwid[WWID_SIZE];
    uint32_t checker; /* enum multipath_checker */
    uint32_t scsi;    /* 1: it speaks SCSI */
    uint32_t timeout_ms;
};

struct check_reply {
    uint32_t verdict; /* enum verdict; VERDICT_NONE: ask again soon */
    char text[64];    /* why it is not up */
};

/* Checks; waits as long as the device lets it wait. */
void check_path(const struct check_request *request, struct check_reply *reply);

/* The outcome of a SCSI command. status: the device's; host: 0 where the transport has brought an
 * answer (DID_OK); sense: NULL, or size bytes. Pure. */
enum verdict check_judge_scsi(uint8_t status, uint16_t host, const uint8_t *sense, size_t size,
                              char *text, size_t text_size);

/* Whether a message of size bytes is sane. */
bool check_request_ok(const void *data, size_t size);
bool check_reply_ok(const void *data, size_t size);

/* The role: says that it is there, then answers one request after the other until its parent is
 * gone. */
int checker_role(void);
