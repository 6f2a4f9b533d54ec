/* The restart policy: what to do when a guest has ended.
 * Pure: the caller brings the clock and the randomness. Nothing here fails or blocks.
 *
 * The delays are base/backoff.h's: the first restart comes at once, running heals. More than
 * give_up failures: the guest stays stopped until the operator starts it. */
#pragma once
#include <stdint.h>

#include "base/backoff.h"

enum guest_end {
    GUEST_END_POWEROFF,     /* it shut itself down: its owner's wish */
    GUEST_END_REBOOT,       /* it asked for a restart */
    GUEST_END_CRASH,        /* its kernel died, or its own watchdog fired */
    GUEST_END_DESTROYED,    /* it vanished without our doing (xl destroy) */
    GUEST_END_START_FAILED, /* it never ran */
    GUEST_END_COUNT,
};

enum restart_action { RESTART_NO, RESTART_YES };

struct restart_policy {
    enum restart_action on[GUEST_END_COUNT];
    struct backoff backoff;
    uint32_t give_up; /* so many failures are borne, one more is too many; below UINT32_MAX */
};

/* A guest starts with all of it zero, and is put back to zero by the operator's start. */
struct restart_state {
    uint32_t failures;
};

enum restart_verdict_kind { RESTART_AT, RESTART_LEAVE_STOPPED, RESTART_GIVE_UP };

struct restart_verdict {
    enum restart_verdict_kind kind;
    uint64_t at_ms; /* of RESTART_AT, on the clock of now_ms; never before now_ms */
};

/* crash, reboot, destroyed from outside and failed starts are restarted; poweroff is not.
 * Delays 0, 1, 2, 4 … 60 s (upper half random); 60 s of running heal one failure; the ninth failure
 * in a row gives up, one to two minutes after the first for a guest that dies at once. */
extern const struct restart_policy restart_default;

/* Counts the end of a run that lasted ran_ms (0 for a failed start) and says what follows. random
 * is any 32-bit number, uniformly drawn. */
struct restart_verdict restart_decide(const struct restart_policy *policy,
                                      struct restart_state *state, enum guest_end end,
                                      uint64_t ran_ms, uint64_t now_ms, uint32_t random);

/* "poweroff", "reboot", "crash", "destroyed", "start failed". */
const char *guest_end_name(enum guest_end end);
