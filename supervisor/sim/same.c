#include "sim/same.h"

#define SAME(field)                                                                                \
    do {                                                                                           \
        if (a->field != b->field)                                                                  \
            return #field;                                                                         \
    } while (0)
#define SAME_BALLOT(field)                                                                         \
    do {                                                                                           \
        if (ballot_compare(&a->field, &b->field) != 0)                                             \
            return #field;                                                                         \
    } while (0)

static const char *same_ledger(const struct ledger *a, const struct ledger *b)
{
    SAME(version);
    SAME(era);
    SAME(nodes);
    SAME(guests);
    SAME(mirrors);
    for (int i = 0; i < a->nodes; i++) {
        SAME(node[i].incarnation);
        SAME(node[i].generation);
        SAME(node[i].suspicion);
        SAME(node[i].flags);
    }
    for (int i = 0; i < a->guests; i++) {
        SAME(guest[i].id);
        SAME(guest[i].generation);
        SAME(guest[i].epoch);
        SAME(guest[i].commands);
        SAME(guest[i].owner);
        SAME(guest[i].goal);
        SAME(guest[i].flags);
    }
    for (int i = 0; i < a->mirrors; i++) {
        SAME(mirror[i].id);
        SAME(mirror[i].mark[0]);
        SAME(mirror[i].mark[1]);
    }
    return NULL;
}

static const char *same_heartbeat(const struct heartbeat *a, const struct heartbeat *b)
{
    SAME(beat.incarnation);
    SAME(beat.life);
    SAME(beat.seq);
    SAME(flags);
    SAME(heard);
    SAME(linked);
    SAME(withheld);
    SAME_BALLOT(known);
    SAME_BALLOT(accepted);
    SAME(site);
    for (int i = 0; i < CORE_GUESTS; i++)
        if (guest_in(&a->unfit, i) != guest_in(&b->unfit, i) ||
            guest_in(&a->running, i) != guest_in(&b->running, i))
            return "unfit, running";
    for (int i = 0; i < CORE_NODES; i++) {
        SAME(echo[i].incarnation);
        SAME(echo[i].life);
        SAME(echo[i].seq);
    }
    return NULL;
}

static const char *same_request(const struct request *a, const struct request *b)
{
    SAME(changes);
    for (int i = 0; i < a->changes; i++) {
        SAME(change[i].kind);
        SAME(change[i].by);
        SAME(change[i].node);
        SAME(change[i].on);
        SAME(change[i].fenced);
        SAME(change[i].commands);
        SAME(change[i].generation);
        SAME(change[i].epoch);
        SAME(change[i].suspicion);
        SAME(change[i].incarnation);
        SAME(change[i].replaces);
        SAME(change[i].id);
        SAME(change[i].mark);
    }
    return NULL;
}

static const char *same_round(const struct round *a, const struct round *b)
{
    SAME_BALLOT(ballot);
    SAME_BALLOT(accepted);
    SAME(named);
    SAME(incarnation);
    SAME(replaces);
    SAME(remembers);
    SAME(cold);
    return NULL;
}

const char *same_message(const struct message *a, const struct message *b)
{
    SAME(kind);
    SAME(from);
    SAME(to);
    if ((a->value == NULL) != (b->value == NULL))
        return "value";
    const char *value = a->value != NULL ? same_ledger(a->value, b->value) : NULL;
    if (value != NULL)
        return value;
    if (a->kind == MESSAGE_HEARTBEAT)
        return same_heartbeat(&a->heartbeat, &b->heartbeat);
    if (a->kind == MESSAGE_REQUEST)
        return same_request(&a->request, &b->request);
    return same_round(&a->round, &b->round);
}

const char *same_memory(const struct memory *a, const struct memory *b)
{
    SAME(self);
    SAME(nodes);
    SAME(cluster);
    SAME(life);
    SAME(marks);
    SAME(armed);
    for (int i = 0; i < CORE_GUESTS; i++) {
        SAME(left[i].epoch);
        if (a->left[i].epoch == 0)
            continue;
        SAME(left[i].id);
        SAME(left[i].to);
        SAME(left[i].stopped);
    }
    SAME_BALLOT(acceptor.promised);
    SAME_BALLOT(acceptor.accepted);
    SAME(acceptor.remembers);
    SAME(acceptor.chosen);
    SAME(acceptor.withheld);
    return same_ledger(&a->acceptor.value, &b->acceptor.value);
}
