/* Services: what they are (a constant table), and the engine that starts, watches, restarts and
 * stops them. The engine is a state x event table over one fixed array; it decides, and sys.h acts.
 * It never waits: whoever owns the loop asks for the next deadline and reports what happened. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define SERVICES_MAX 24 /* with one for each shell= word */
#define NEEDS_MAX    4

enum service_flag {
    SERVICE_ONCE = 1 << 0,  /* runs to its end; done when that was status 0, else run again */
    SERVICE_VITAL = 1 << 1, /* tried for ever even where its file is missing */
    SERVICE_HOST = 1 << 2,  /* its death, once it was ready, is the host's: hand over and reset */
    SERVICE_HANDOVER = 1 << 3, /* told to stop when the host has failed, before the reset */
    SERVICE_RESCUE = 1 << 4,   /* started in rescue mode too; nothing else is */
    SERVICE_SHELL = 1 << 5,    /* on the console; a copy of it on the terminal of each shell= */
    SERVICE_OPTIONAL = 1 << 6, /* status 0 says that this node does not need it: done */
};

struct service {
    const char *name;
    const char *const *argv; /* argv[0] as the program wants it; NULL-terminated */
    const char *path;        /* the file to execute; NULL: argv[0] */
    /* Services that must be ready first, by name; they stand earlier in the table. One that is left
     * out does not count, and after timing.ready_ms this one starts without them. */
    const char *needs[NEEDS_MAX];
    /* The service is ready when this path exists and, if it is a socket, accepts. Removed before
     * each start. NULL: ready as soon as started. */
    const char *ready;
    /* Left out unless this file exists, and contains the word if there is one. */
    struct {
        const char *file;
        const char *word;
    } only_if;
    const char *tty; /* its controlling terminal; NULL: none, output goes to the console */
    unsigned flags;  /* of enum service_flag */
    int round_robin; /* SCHED_RR priority, 1..99; 0: ordinary scheduling */
    int oom_score_adj;
    int stop_signal; /* 0: SIGTERM */
    int stop_ms;     /* from the stop signal to SIGKILL; 0: timing.stop_ms */
    int rest_ms;     /* longest delay between two starts; 0: timing.rest_ms */
};

/* All waiting that init does, in milliseconds. */
struct timing {
    int ready_ms;    /* for needed services to become ready; for a one-shot to finish */
    int rest_ms;     /* longest delay between two starts of a service */
    int stop_ms;     /* from a service's stop signal to SIGKILL */
    int handover_ms; /* the same for each SERVICE_HANDOVER service when the host has failed */
    int kill_ms;     /* for a killed service to vanish */
    int services_ms; /* for all services together to stop */
    int term_all_ms; /* for what else runs, after SIGTERM */
    int kill_all_ms; /* and after SIGKILL */
    int flush_ms;    /* for sync and unmount */
    int hurry_ms;    /* for each step before that, once asked a second time */
    int reset_ms;    /* for reboot(2) to act before the host is reset without it */
    int disaster_ms; /* for people to read the last line before the reset */
};

/* The image's are in services.c; each test links its own. */
extern const struct service services_table[];
extern const unsigned services_count;
extern const struct timing timing;

#define NEVER INT64_MAX

/* Adds a service to those that will be started, or says in one line why it is left out. The
 * service must outlive init. In rescue mode only those with SERVICE_RESCUE are taken. */
void services_add(const struct service *service, bool rescue);

/* Starts what needs nothing and lets the others wait for their turn. */
void services_begin(void);

/* When services_tick() wants to be called at the latest (sys_now() time), or NEVER. */
int64_t services_deadline(void);

/* Handles everything that is due: deadlines, readiness, whose turn it is. */
void services_tick(void);

/* A child has ended with this wait status. Children that are no service are no concern of ours. */
void services_ended(pid_t pid, int status);

/* The name of a SERVICE_HOST service that died, or NULL. */
const char *services_host_failure(void);

/* Stops services that have all these flags (0: all services) one after the other, the last in the
 * table first, none of them getting longer than limit_ms. To be called until it returns true: they
 * are down. From the first call on no service starts any more. */
bool services_stop(unsigned flags, int64_t limit_ms);
