/* What the files of cluster/ share. */
#pragma once
#include "base/kept.h"
#include "base/timer.h"
#include "cluster/cards.h"
#include "cluster/cluster.h"
#include "cluster/fence.h"
#include "cluster/hardware.h"
#include "cluster/keep.h"
#include "cluster/watchdog.h"
#include "cluster/wire.h"
#include "core/node.h"
#include "guest/guests.h"
#include "storage/drbd_role.h"
#include "storage/role.h"

/* What relevod learns while it carries out actions waits until it has done with them. */
#define EVENTS_MAX (4 * CORE_GUESTS)

/* An action that waits for the journal. */
struct deed {
    struct deed *next;
    struct action action;
    uint64_t number; /* of the memory that must be kept first */
    size_t size;     /* ACT_SEND: of packet */
    struct wire_packet packet[];
};

struct deeds {
    struct deed *first, **last;
    uint32_t count;
    uint64_t since; /* the first one waits */
    bool complained;
};

struct cluster {
    qb_loop_t *loop;
    struct guests *guests;
    struct multipath *multipath;
    const char *incarnation;
    const struct site *site; /* NULL: there is no cluster */
    struct core_site core;
    const struct guest *guest[CORE_GUESTS]; /* core's number: whose description it is, */
    struct guest_run *run[CORE_GUESTS];     /* ... and what is known of it here */
    uint64_t devices[CORE_GUESTS / 64];     /* whose disks cannot be used here, as told */
    struct memory *before;                  /* from state=, until the node is there; or NULL */
    struct node node;
    struct actions actions;         /* of the step under way */
    struct event event[EVENTS_MAX]; /* that wait for the end of the step */
    struct chosen told;             /* what was known when it was last told of; see news.c */
    uint64_t round_us;              /* when the present proposal began; 0: none of this node's */
    struct timer tick;
    uint64_t tick_at;
    struct kept transport;
    struct wire_config wire;
    struct wire_view view;
    struct journal journal; /* of state= */
    struct keep keep;
    struct drbd *drbd;
    struct drbd_watch mirrors;
    uint32_t broken[CORE_MIRRORS]; /* the break of its link that core/ was last told of */
    struct deeds deeds;
    struct cards cards;
    struct fencing fencing;
    struct watchdog *watchdog;
    struct hardware hardware;
    void (*left)(void *data);
    void *left_data;
    uint64_t leave_by; /* not later on account of what is not released */
    uint64_t leaving_since;
    bool lends; /* ... it waits for others that go down, as has been said */
    uint32_t events;
    uint32_t change_us; /* how long the last proposal took until it was known to be chosen */
    bool began;         /* node is there */
    bool stepping;
    bool ordered; /* guests have new orders */
    bool refused; /* a broken message has been reported */
    bool fed;     /* the last feed went well */
};

/* cluster.c: lets core/ know, now or after the step under way. */
void cluster_event(struct cluster *c, const struct event *e);

/* begin.c: the first configuration is there: core/ begins as soon as all it needs is known. */
void begin_first(struct cluster *c);
/* ... something has become known. */
void begin_if_known(struct cluster *c);
/* ... core/ begins anew with another configuration, as a new relevod would. */
void begin_again(struct cluster *c);

/* runs.c: what becomes of guests is told to core/ from now on. */
void runs_watch(struct cluster *c);

/* leave.c: ends what cluster_finish() has begun, if nothing keeps this node any more. */
void leave_if_due(struct cluster *c);

/* actions.c: carries out what the last step asks for; c->actions is then free again. */
void actions_carry_out(struct cluster *c);

/* ... and those that have waited for the journal, as far as it has come. */
void actions_go_on(struct cluster *c);

/* mirrors.c: DRBD's news go to core/ from now on. */
void mirrors_watch(struct cluster *c);

/* ... and R25: writes go on for the break of the link that the mark was made for, and no other:
 * ACT_RESUME_IO names it before it waits for anything. */
void mirrors_name_break(const struct cluster *c, struct action *a);
void mirrors_resume(struct cluster *c, const struct action *a);

/* cards.c: what an earlier relevod of this boot has been told. */
void cards_begin(struct cluster *c);
/* ... a configuration has been taken: the site that is compared. */
void cards_site(struct cluster *c);
/* ... what nodes have said that are not heard now does not count any more. */
void cards_forget_silent(struct cluster *c);
/* ... a card has come from a node of corosync's. */
void cards_heard(struct cluster *c, uint8_t node, const uint8_t *data, size_t size);
/* ... a heartbeat has: who is new is told this node's card. */
void cards_beat(struct cluster *c, uint8_t node, const struct beat *beat);
/* ... tells this node's card, if it is time. */
void cards_send(struct cluster *c);
/* ... for the operator: what of its site differs (empty: nothing), and its version. */
void cards_text(const struct cluster *c, uint8_t node, char text[CARD_TEXT_SIZE]);
const char *cards_version(const struct cluster *c, uint8_t node);

/* news.c: says what has become known. */
void news_tell(struct cluster *c);

/* status.c: why the node cannot be given this guest now, as far as is known here; NULL: it can. */
const char *cluster_why_not(const struct cluster *c, int index, uint8_t node);
