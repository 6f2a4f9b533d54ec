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
    .first_ms = 1000,
    .max_ms = 60000,
    .healthy_ms = 60000,
    .give_up = 8,
};

static void heal(const struct restart_policy *policy, struct restart_state *state, uint64_t ran_ms)
{
    uint64_t healed = ran_ms / policy->healthy_ms;
    state->failures -= healed < state->failures ? (uint32_t)healed : state->failures;
}

/* The delay before restart number n (from 1), without jitter. */
static uint64_t backoff_ms(const struct restart_policy *policy, uint32_t n)
{
    if (n <= 1)
        return 0;
    uint64_t delay = policy->first_ms;
    for (uint32_t i = 2; i < n && delay < policy->max_ms; i++)
        delay *= 2;
    return delay < policy->max_ms ? delay : policy->max_ms;
}

struct restart_verdict restart_decide(const struct restart_policy *policy,
                                      struct restart_state *state, enum guest_end end,
                                      uint64_t ran_ms, uint64_t now_ms, uint32_t random)
{
    heal(policy, state, ran_ms);
    if (policy->on[end] == RESTART_NO)
        return (struct restart_verdict){.kind = RESTART_LEAVE_STOPPED};
    /* Saturates, so that a guest given up stays so whatever is reported of it. */
    if (state->failures <= policy->give_up)
        state->failures++;
    if (state->failures > policy->give_up)
        return (struct restart_verdict){.kind = RESTART_GIVE_UP};

    uint64_t delay = backoff_ms(policy, state->failures);
    uint64_t jitter = (delay / 2) * random >> 32;
    return (struct restart_verdict){.kind = RESTART_AT,
                                    .at_ms = now_ms + (delay - delay / 2) + jitter};
}

const char *guest_end_name(enum guest_end end)
{
    switch (end) {
    case GUEST_END_POWEROFF:
        return "poweroff";
    case GUEST_END_REBOOT:
        return "reboot";
    case GUEST_END_CRASH:
        return "crash";
    case GUEST_END_DESTROYED:
        return "destroyed";
    case GUEST_END_START_FAILED:
        return "start failed";
    case GUEST_END_COUNT:
        break;
    }
    return "unknown";
}
