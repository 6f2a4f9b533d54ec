#include "core/takeover.h"

#include <string.h>

#include "core/mutant.h"
#include "core/placement.h"
#include "core/timing.h"

#define FENCE_AGAIN_MS 10000 /* ask the device again if it has not answered */

uint8_t takeover_leader(const struct node *n, uint64_t now)
{
    uint8_t heard = n->self;
    uint8_t leased = lease_valid(&n->lease, &n->site->timing, now) ? n->self : NO_NODE;
    for (uint8_t i = n->site->nodes; i-- > 0;) {
        if (i == n->self || !node_hears(n, i, now))
            continue;
        if (i < heard)
            heard = i;
        if (i < leased && (n->peer[i].last.flags & BEAT_LEASED) != 0)
            leased = i;
    }
    return leased != NO_NODE ? leased : heard;
}

bool takeover_is_well(const struct node *n, uint8_t node, uint64_t now)
{
    int links = 1; /* with itself */
    for (uint8_t i = 0; i < n->site->nodes; i++) {
        if (i == node)
            continue;
        bool linked = i == n->self
                          ? node_hears(n, node, now) && node_in(n->peer[node].last.heard, i)
                          : node_hears(n, i, now) && node_in(n->peer[i].last.linked, node);
        links += linked;
    }
    return links >= site_majority(n->site);
}

void takeover_forget(struct node *n)
{
    memset(n->suspected, 0, sizeof(n->suspected));
    memset(n->fenced, 0, sizeof(n->fenced));
    memset(n->fence_asked, 0, sizeof(n->fence_asked));
}

void takeover_learned(struct node *n, uint64_t now)
{
    for (uint8_t i = 0; i < n->site->nodes; i++) {
        uint32_t suspicion = n->known.value.node[i].suspicion;
        uint32_t generation = n->known.value.node[i].generation;
        if (n->suspected[i].generation != generation) {
            n->suspected[i].joined = now;
            /* R9: it has booted since the operator's word. */
            if (n->suspected[i].generation != 0 && !mutant(M_WORD_OUTLIVED))
                n->down &= (nodeset)~node_bit(i);
        }
        n->suspected[i].generation = generation;
        if (n->suspected[i].suspicion == suspicion ||
            (mutant(M_ANY_SUSPICION) && n->suspected[i].suspicion != 0))
            continue;
        n->suspected[i].suspicion = suspicion;
        n->suspected[i].since = now;
        n->suspected[i].ballot = n->known.ballot;
    }
}

/* The voucher has accepted the suspicion, and has echoed no heartbeat that is later than the last
 * one heard here. An earlier relevod or boot of it has not either: it ended before that was heard.
 */
static bool vouches(const struct node *n, uint8_t voucher, uint8_t node)
{
    const struct peer *suspect = &n->peer[node];
    const struct peer *p = &n->peer[voucher];
    const struct acceptor *a = &n->memory.acceptor;
    bool self = voucher == n->self;
    const struct ballot *accepted = self ? &a->accepted : &p->last.accepted;
    const struct beat *echoed = self ? &suspect->echoed : &p->last.echo[node];
    bool bound = node_in(self ? a->withheld : p->last.withheld, node) &&
                 ballot_compare(accepted, &n->suspected[node].ballot) >= 0;
    bool whole = self || (ledger_is_current(&n->known.value, voucher, p->last.beat.incarnation) &&
                          (p->life_since <= suspect->heard_at || mutant(M_EARLIER_LIFE)));
    bool known = echoed->incarnation == 0 || echoed->incarnation == suspect->last.beat.incarnation;
    return (bound || mutant(M_STALE_WORD)) && whole && known &&
           !beat_is_later(echoed, &suspect->last.beat);
}

/* R17: no heartbeat sent later than this can have been proven. None that was sent after the
 * suspicion was chosen; and none after the node was last heard here, if a majority vouches for
 * that. */
static uint64_t silent_since(const struct node *n, uint8_t node)
{
    const struct peer *suspect = &n->peer[node];
    uint64_t since = n->suspected[node].since;
    int vouch = 0;
    if (suspect->last.beat.incarnation != n->known.value.node[node].incarnation ||
        suspect->heard_at > since)
        return since;
    for (uint8_t i = 0; i < n->site->nodes; i++)
        vouch += i != node && (vouches(n, i, node) || mutant(M_HEARD_HERE));
    bool vouched = vouch >= site_majority(n->site) && !mutant(M_WAIT_ANEW);
    return vouched ? suspect->heard_at : since;
}

static bool waited(const struct node *n, uint8_t node, uint64_t now)
{
    uint64_t wait = timing_wait(&n->site->timing);
    if (mutant(M_NO_WAIT))
        wait = 0;
    if (mutant(M_NO_DRIFT))
        wait = n->site->timing.lease + n->site->timing.watchdog;
    if (mutant(M_SHORT_WAIT))
        wait = n->site->timing.lease;
    return now - silent_since(n, node) >= wait;
}

/* Who is not in touch with a majority cannot judge others. Of two nodes, none waits: the device or
 * the operator must answer. */
static bool may_judge(const struct node *n, uint64_t now)
{
    return n->site->nodes > 2 && lease_valid(&n->lease, &n->site->timing, now) &&
           n->voting_since != 0 && now - n->voting_since > n->site->timing.silence;
}

/* Silence has been waited for already. A node that is heard, but seems to hear too few, may only be
 * new to those, or they to this one: what they say of it must settle first. */
static bool is_suspicious(struct node *n, uint8_t node, bool well, uint64_t now)
{
    bool judges = may_judge(n, now) && node != n->self;
    node_since(&n->unwell_since[node], judges && !well, now);
    return judges && !well &&
           (!node_hears(n, node, now) || now - n->unwell_since[node] >= n->site->timing.silence);
}

/* R32: that another has found it well is a sign of life; silence is waited for anew. Nodes that
 * disagree would suspect it and lift that in turn, as fast as the network can. */
static bool was_lifted(const struct node *n, uint8_t node, uint64_t now)
{
    return now - n->suspected[node].since < n->site->timing.silence && !mutant(M_SUSPECT_AGAIN);
}

/* Anybody may lift a suspicion, even of itself: else nodes that suspect each other, and so have no
 * leases, would do so for ever. */
static void suspicion_wish(struct node *n, struct wishes *w, uint8_t node, uint64_t now)
{
    const struct ledger_node *e = &n->known.value.node[node];
    bool well = takeover_is_well(n, node, now);
    struct change c = {.node = node, .generation = e->generation, .suspicion = e->suspicion};
    if (e->generation == 0 || (e->flags & NODE_DEAD) != 0)
        return;
    bool suspicious = is_suspicious(n, node, well, now);
    if (e->suspicion == 0) {
        if (!suspicious || was_lifted(n, node, now) || !ledger_owns_any(&n->known.value, node))
            return;
        c.kind = CHANGE_SUSPECT;
    } else if (well) {
        c.kind = CHANGE_UNSUSPECT;
    } else if (may_judge(n, now) && node != n->self && waited(n, node, now)) {
        c.kind = CHANGE_DEAD;
        c.suspicion = mutant(M_ANY_SUSPICION) ? e->suspicion : n->suspected[node].suspicion;
    } else {
        return;
    }
    node_wish(n, w, c);
}

/* R19: a confirmed power-off is at once enough, for the generation that it was asked for. */
void takeover_fenced_wishes(struct node *n, struct wishes *w)
{
    for (uint8_t i = 0; i < n->site->nodes; i++) {
        struct change c = {
            .kind = CHANGE_DEAD, .node = i, .generation = n->fenced[i], .fenced = true};
        if (n->fenced[i] != 0 && i != n->self)
            node_wish(n, w, c);
    }
}

void takeover_wishes(struct node *n, struct wishes *w, uint64_t now)
{
    for (uint8_t i = 0; i < n->site->nodes; i++) {
        suspicion_wish(n, w, i, now);
        node_since(&n->well_since[i], placement_is_able(n, i, now), now);
    }
    placement_wishes(n, w, now);
}

void takeover_fence(struct node *n, uint64_t now, struct actions *out)
{
    const struct timing *t = &n->site->timing;
    if (!n->site->fence_device || !node_is_current(n) || n->voting_since == 0 ||
        takeover_leader(n, now) != n->self)
        return;
    /* Of two nodes that have lost each other, the second shoots later: one survives. */
    uint64_t silence = t->silence + (n->site->nodes == 2 && n->self == 1 ? 3ull * t->beat : 0);
    for (uint8_t i = 0; i < n->site->nodes; i++) {
        const struct ledger_node *e = &n->known.value.node[i];
        bool wanted = e->suspicion != 0;
        if (n->site->nodes == 2)
            wanted = now - n->voting_since > silence && now - n->suspected[i].joined > silence &&
                     (!n->peer[i].known || now - n->peer[i].heard_at > silence);
        if (i == n->self || e->generation == 0 || (e->flags & NODE_DEAD) != 0 || !wanted ||
            n->fenced[i] == e->generation ||
            (n->fence_asked[i] != 0 && now - n->fence_asked[i] < FENCE_AGAIN_MS))
            continue;
        n->fence_asked[i] = now;
        struct action *a = node_act(out, ACT_FENCE);
        a->node = i;
        a->epoch = e->generation;
    }
}
