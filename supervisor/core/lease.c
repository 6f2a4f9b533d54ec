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
    l->echoed[l->seq % LEASE_BEATS] = 0;
    return l->seq;
}

/* R11: the proof is as old as the heartbeat's sending, not as its echo. */
void lease_echo(struct lease *l, uint8_t from, uint32_t seq, int votes, uint64_t now)
{
    if (seq == 0 || seq > l->seq || l->seq - seq >= LEASE_BEATS)
        return;
    unsigned i = seq % LEASE_BEATS;
    l->echoed[i] |= node_bit(from);
    if (node_count(l->echoed[i]) < votes)
        return;
    uint64_t proof = mutant(M_ECHO_TIME) ? now : l->sent[i];
    if (!l->proven || proof > l->proof)
        l->proof = proof;
    l->proven = true;
}

bool lease_valid(const struct lease *l, const struct timing *t, uint64_t now)
{
    return l->proven && now - l->proof < t->lease;
}

bool lease_may_echo(const struct acceptor *a, uint8_t node, uint64_t incarnation)
{
    const struct ledger_node *n = &a->value.node[node];
    if (!a->remembers && !mutant(M_AMNESIAC_ECHOES))
        return false;
    if (mutant(M_AMNESIAC_ECHOES) && a->accepted.number == 0)
        return true;
    if (n->incarnation != incarnation)
        return false;
    return (n->suspicion == 0 && (n->flags & NODE_DEAD) == 0) || mutant(M_ECHO_SUSPECTS);
}
