#include "core/lease.h"

#include "core/mutant.h"

int lease_votes(const struct core_site *s)
{
    return s->nodes <= 2 || mutant(M_SELF_DELIVERY) ? 1 : site_majority(s);
}

uint32_t lease_send(struct lease *l, uint64_t now)
{
    l->seq++;
    l->sent[l->seq % LEASE_BEATS] = now;
    return l->seq;
}

/* R11: the proof is as old as the heartbeat's sending, not as its echo. Nodes need not have echoed
 * the same heartbeat: who echoed a later one did not hold a suspicion at the time of the earlier.
 */
void lease_echo(struct lease *l, uint8_t from, uint32_t seq, int votes, uint64_t now)
{
    if (seq == 0 || seq > l->seq || l->seq - seq >= LEASE_BEATS)
        return;
    uint64_t sent = mutant(M_ECHO_TIME) ? now : l->sent[seq % LEASE_BEATS];
    if (!node_in(l->echoed, from) || sent > l->echo[from])
        l->echo[from] = sent;
    l->echoed |= node_bit(from);
    for (uint8_t i = 0; l->echoed >> i != 0; i++) {
        if (!node_in(l->echoed, i) || (l->proven && l->echo[i] <= l->proof))
            continue;
        int as_new = 0;
        for (uint8_t k = 0; l->echoed >> k != 0; k++)
            as_new += node_in(l->echoed, k) && l->echo[k] >= l->echo[i];
        if (as_new < votes)
            continue;
        l->proof = l->echo[i];
        l->proven = true;
    }
}

bool lease_valid(const struct lease *l, const struct timing *t, uint64_t now)
{
    return l->proven && now - l->proof < t->lease;
}

bool lease_lasts(const struct lease *l, const struct timing *t, uint64_t now)
{
    return lease_valid(l, t, now + t->beat);
}

bool lease_may_echo(const struct acceptor *a, uint8_t node, uint64_t incarnation)
{
    if (!a->remembers && !mutant(M_AMNESIAC_ECHOES))
        return false;
    if (mutant(M_AMNESIAC_ECHOES) && a->accepted.number == 0)
        return true;
    if (a->value.node[node].incarnation != incarnation)
        return false;
    return !node_in(a->withheld, node) || mutant(M_ECHO_SUSPECTS);
}
