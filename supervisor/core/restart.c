#include "core/restart.h"

const struct restart_policy restart_default = {
    .on =
        {
            [GUEST_END_POWEROFF] = RESTART_NO,
            [GUEST_END_REBOOT] = RESTART_YES,
            [GUEST_END_CRASH] = RESTART_YES,
            [GUEST_END_DESTROYED] = RESTART_YES,
            [GUEST_END_START_FAILED] = RESTART_YES,
        },
    .backoff = {.first_ms = 1000, .max_ms = 60000, .healthy_ms = 60000},
    .give_up = 8,
};

struct restart_verdict restart_decide(const struct restart_policy *policy,
                                      struct restart_state *state, enum guest_end end,
                                      uint64_t ran_ms, uint64_t now_ms, uint32_t random)
{
    state->failures = backoff_heal(&policy->backoff, state->failures, ran_ms);
    if (policy->on[end] == RESTART_NO)
        return (struct restart_verdict){.kind = RESTART_LEAVE_STOPPED};
    /* Saturates, so that a guest given up stays so whatever is reported of it. */
    if (state->failures <= policy->give_up)
        state->failures++;
    if (state->failures > policy->give_up)
        return (struct restart_verdict){.kind = RESTART_GIVE_UP};

    uint64_t delay = backoff_delay(&policy->backoff, state->failures, random);
    return (struct restart_verdict){.kind = RESTART_AT, .at_ms = now_ms + delay};
}

const char *guest_end_name(enum guest_end end)
{
    static const char *const names[GUEST_END_COUNT] = {
        [GUEST_END_POWEROFF] = "poweroff",
        [GUEST_END_REBOOT] = "reboot",
        [GUEST_END_CRASH] = "crash",
        [GUEST_END_DESTROYED] = "destroyed",
        [GUEST_END_START_FAILED] = "start failed",
    };
    return end < GUEST_END_COUNT ? names[end] : "unknown";
}
