/* A system for the service engine whose clock stands still until a test moves it. */
#pragma once
#include "service.h"
#include "sys.h"

/* Everything said since the last fake_reset(), a line each. */
extern char fake_said[16384];

struct fake_slot {
    pid_t pid; /* of the last start; 0: never started */
    unsigned starts;
    int last_signal; /* that it got, SIGCONT not counted */
};

extern struct fake_sys {
    int64_t now;
    int fork_error;               /* errno of the next starts; 0: they work */
    const char *existing;         /* the one path that exists */
    bool refusing;                /* and is a socket that does not accept yet */
    const char *not_executable;   /* the one file that is not there */
    struct start_failure failure; /* of every child, if it has a step */
    struct fake_slot slot[SERVICES_MAX];
} fake;

/* Moves the clock to the engine's next deadline and lets it act. */
void fake_next_deadline(void);
