/* What the service engine asks of the system. Thin, so that the unit tests can link a system of
 * their own (tests/unit/fake_sys.c) with a clock that jumps. Nothing here blocks or allocates. */
#pragma once
#include "service.h"

struct start_failure {
    const char *step; /* what could not be done: "execute", "open" ... */
    const char *what; /* to which file */
    int error;        /* errno */
};

enum readiness {
    NOT_YET, /* the path does not exist: sys_watch() wakes the loop when it does */
    SOON,    /* a socket that does not accept yet: look again in a moment */
    READY,
};

/* Milliseconds since boot (CLOCK_MONOTONIC). */
int64_t sys_now(void);

/* Starts the service as a child. Returns its process id, or -1 with errno set if there could be no
 * child. What fails in the child before the program runs is known once the child has ended. */
pid_t sys_start(const struct service *service, unsigned slot);

/* Whether the slot's last child ended before it could execute its program, and why. */
bool sys_start_failed(unsigned slot, struct start_failure *why);

void sys_signal(pid_t pid, int signal);

/* Removes what an earlier instance left at its ready path and wakes the loop when the path appears.
 */
void sys_watch(const char *path);
enum readiness sys_ready(const char *path);

bool sys_executable(const char *path);

/* Whether the file exists, and contains the word if there is one (in its first 4 KiB). */
bool sys_contains(const char *file, const char *word);

uint32_t sys_random(void);
