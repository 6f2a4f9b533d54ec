#include "core/heartbeat.h"

#include "core/chosen.h"
#include "core/guest.h"
#include "core/mutant.h"
#include "core/takeover.h"

void heartbeat_heard(struct node *n, const struct message *m, uint64_t now, struct actions *out)
{
    const struct heartbeat *h = &m->heartbeat;
    struct peer *p = &n->peer[m->from];
    const struct beat *echo = &h->echo[n->self];
    /* R13: only heartbeats of this relevod, in this incarnation, prove anything. */
    if (!node_in(h->withheld, n->self) && echo->incarnation == n->incarnation &&
        (echo->life == n->memory.life || mutant(M_OLD_LIFE)))
        lease_echo(&n->lease, m->from, echo->seq, lease_votes(n->site), now);
    const struct beat *last = &p->last.beat;
    bool rebooted = last->incarnation != h->beat.incarnation;
    if (!rebooted && !beat_is_later(&h->beat, last))
        return; /* overtaken */
    if (rebooted || h->beat.life != last->life)
        p->life_since = now;
    if (!p->known || p->last.flags != h->flags || rebooted)
        n->dirty = true;
    p->known = true;
    p->heard_at = now;
    p->last = *h;
    chosen_note_ballot(n, &h->accepted);
    if (ballot_compare(&h->known, &n->known.ballot) < 0) {
        uint8_t leader = takeover_leader(n, now);
        if (leader == n->self || leader == m->from)
            chosen_tell(n, m->from, out);
    }
}

/* R12. What is withheld is told all the same: R17 counts from it. */
static struct beat echo_of(struct node *n, uint8_t node)
{
    struct peer *p = &n->peer[node];
    const struct beat *last = &p->last.beat;
    if (!p->known || !lease_may_echo(&n->memory.acceptor, node, last->incarnation))
        return node_in(n->memory.acceptor.withheld, node) ? p->echoed : (struct beat){0};
    if (p->echoed.incarnation != last->incarnation || beat_is_later(last, &p->echoed))
        p->echoed = *last;
    return *last;
}

void heartbeat_send(struct node *n, uint64_t now, struct actions *out)
{
    const struct acceptor *a = &n->memory.acceptor;
    struct message *m = node_send(n, out, MESSAGE_HEARTBEAT, EVERYBODY);
    struct heartbeat *h = &m->heartbeat;
    bool leased = lease_valid(&n->lease, &n->site->timing, now);
    h->beat = (struct beat){n->incarnation, n->memory.life, lease_send(&n->lease, now)};
    h->flags = (uint8_t)((a->remembers ? BEAT_REMEMBERS : 0) | (leased ? BEAT_LEASED : 0) |
                         (leased && n->watchdog && n->joined && !n->leaving ? BEAT_ABLE : 0) |
                         (n->leaving ? BEAT_LEAVING : 0));
    h->known = n->known.ballot;
    h->accepted = a->accepted;
    h->site = n->site_hash;
    h->withheld = mutant(M_ECHO_SUSPECTS) ? 0 : a->withheld;
    guest_summary(n, now, &h->unfit, &h->running);
    for (uint8_t i = 0; i < n->site->nodes; i++) {
        const struct peer *p = &n->peer[i];
        if (i == n->self) {
            if (lease_may_echo(a, i, n->incarnation))
                lease_echo(&n->lease, i, h->beat.seq, lease_votes(n->site), now);
            continue;
        }
        h->echo[i] = echo_of(n, i);
        if (!node_hears(n, i, now))
            continue;
        h->heard |= node_bit(i);
        if (node_in(p->last.heard, n->self))
            h->linked |= node_bit(i);
    }
}

void heartbeat_feed(struct node *n, uint64_t now, struct actions *out)
{
    bool leased = lease_valid(&n->lease, &n->site->timing, now) || mutant(M_FEED_ALWAYS);
    if (!n->watchdog || !(leased || (n->memory.armed && guest_all_idle(n))))
        return;
    if (!n->memory.armed) {
        n->memory.armed = true;
        node_act(out, ACT_JOURNAL);
    }
    node_act(out, ACT_FEED);
}
