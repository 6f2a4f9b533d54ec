/* The journal on the device of state=: what this node must not forget when it reboots. A process
 * of its own reads and writes it, as a disk may hang. */
#pragma once
#include "base/kept.h"
#include "cluster/state_device.h"
#include "config/cluster.h"

#define JOURNAL_MAX STATE_MAX

struct journal_events {
    /* What was stored last, size 0 where nothing has been; once. It may never come: while the
     * device cannot be read, what this node has promised is not known, and it must not promise. */
    void (*loaded)(void *owner, const void *data, size_t size);
    /* What was given with this ticket, and all before it, survives a reboot. */
    void (*stored)(void *owner, uint64_t ticket);
};

/* First message to the process. */
struct journal_config {
    uint32_t type;
    char device[CLUSTER_DEVICE_SIZE];
    struct state_owner owner;
};

struct journal {
    struct kept process;
    struct journal_config config;
    const struct journal_events *events;
    void *owner;
    bool loaded, ready;  /* once; and the present process is ready to write */
    char problem[256];   /* why it cannot be read or written at present; empty: it can */
    uint64_t given;      /* the newest ticket, whose memory is in data */
    uint64_t sent, done; /* tickets */
    uint64_t sent_ms;    /* when, by the monotonic clock */
    struct timer late;
    size_t size;
    uint8_t data[JOURNAL_MAX];
};

/* Begins to read the device; events come from the loop. The journal must stay in place. */
void journal_begin(struct journal *journal, qb_loop_t *loop, const struct cluster_config *cluster,
                   const struct journal_events *events, void *owner);

/* Has a memory stored, after loaded(). Tickets rise. One that is given while another is being
 * written replaces those that wait. Tried until it succeeds; never blocks. */
void journal_store(struct journal *journal, const void *data, size_t size, uint64_t ticket);

/* The role. */
int journal_role(void);

/* `relevo state ...`: prepares a device, or tells what is on it. An exit status. */
int state_command(int argc, char **argv);
