/* One node: everything that relevod decides, as one function of (state, event, now).
 *
 * The caller brings the clock, delivers events one at a time, and carries out the actions IN THEIR
 * ORDER: what is sent after an ACT_JOURNAL leaves only when the memory has been written. Nothing
 * here does I/O, allocates, keeps a pointer that it was given (but the site), or reads a clock. */
#pragma once
#include "core/lease.h"
#include "core/restart.h"

/* What must outlive relevod: written to /run at each ACT_JOURNAL, and to state= where there is one.
 */
struct memory {
    uint8_t self;  /* whose it is: a stick from another node, or from another cluster, */
    uint8_t nodes; /* is as good as none */
    uint64_t cluster;
    uint32_t life;  /* counts the relevods of this incarnation */
    uint32_t marks; /* made so far */
    bool armed;     /* the watchdog: it runs on when relevod does not */
    struct {        /* what this node has given away: */
        uint64_t id;
        uint32_t epoch; /* its last epoch here; 0: none */
        uint8_t to;     /* offered to that node (live migration); NO_NODE: released */
        bool stopped;   /* it shall stay stopped */
    } left[CORE_GUESTS];
    struct acceptor acceptor;
};

enum domain { DOMAIN_NONE, DOMAIN_RUNNING, DOMAIN_PAUSED };

struct boot {
    const struct core_site *site; /* stays the caller's, must outlive the node */
    uint8_t self;
    uint64_t incarnation;
    bool first;                  /* no relevod ran before in this incarnation */
    const struct memory *memory; /* from /run, or if first from state=; NULL: none */
    const enum domain
        *domain;   /* what was found in Xen, for each guest of the site; NULL: nothing */
    uint64_t seed; /* for jitter */
};

enum event_kind {
    EVENT_TICK, /* every timing.beat */
    EVENT_MESSAGE,
    EVENT_MEMBERS,       /* corosync's view: a hint */
    EVENT_GUEST_RUNNING, /* a start or an unpause has succeeded */
    EVENT_GUEST_ENDED,   /* it ended by itself, or did not start; nothing is left of it */
    EVENT_GUEST_GONE,    /* a stop or a kill is complete: domain and backends are gone */
    EVENT_OFFER_READY,   /* source: all copied, the guest is paused, the target has it all */
    EVENT_OFFER_FAILED,  /* source: the copy failed, the guest runs on here */
    EVENT_INCOMING,      /* target: a paused copy is complete; epoch: the source's */
    EVENT_DEVICES,       /* the guest's disks can or cannot be used here */
    EVENT_LACKS,         /* the site of node has (on: not) the guest: it cannot be given it */
    EVENT_MIRROR_FROZEN, /* primary: the peer is away, writes wait for a mark */
    EVENT_MIRROR_SYNCED, /* connected, both sides up to date */
    EVENT_MIRROR_APART,  /* no longer so */
    EVENT_WATCHDOG,      /* it can (on) or cannot be armed */
    EVENT_LEAVE,         /* the host goes down in order: stop the guests, and give them away */
    EVENT_FENCED,        /* the device confirms that node, generation is off */
    EVENT_CONFIRM_DOWN,  /* the operator says that the node is off, for good */
    EVENT_COMMAND,       /* the operator's wish: a change of kind GOAL, RUN, DRAIN, OVERRIDE */
};

struct event {
    enum event_kind kind;
    int index; /* of the guest or mirror in the site */
    uint8_t node;
    bool on;
    enum guest_end end;
    uint32_t epoch;
    uint32_t generation;
    nodeset members;
    const struct message *message;
    const struct change *change;
};

enum action_kind {
    ACT_JOURNAL,
    ACT_SEND,
    ACT_FEED,      /* the watchdog, and arm it */
    ACT_START,     /* guest, under epoch */
    ACT_UNPAUSE,   /* guest: the incoming copy */
    ACT_STOP,      /* guest: ask it to shut down */
    ACT_KILL,      /* guest: destroy the domain, end the workers, discard a copy */
    ACT_MIGRATE,   /* guest: copy it to node and pause it */
    ACT_RESUME,    /* guest: paused for a migration that was withdrawn */
    ACT_RESUME_IO, /* mirror: its peer is marked stale */
    ACT_FENCE,     /* node, generation */
    ACT_RESET,     /* this host, at once */
    ACT_REPORT,    /* text; guest or node */
};

struct action {
    enum action_kind kind;
    int index;
    uint8_t node;
    uint32_t epoch;   /* or generation */
    int message;      /* index into actions.message */
    const char *text; /* constant */
};

#define ACTIONS_MAX  1024 /* less than three for each guest and mirror, and the messages */
#define MESSAGES_MAX 48

struct actions {
    int count;
    int messages;
    struct action action[ACTIONS_MAX];
    struct message message[MESSAGES_MAX]; /* their values are good until the next step */
};

struct peer {
    bool known;
    uint64_t heard_at;
    uint64_t life_since; /* when this life of its relevod was first heard */
    struct heartbeat last;
    struct beat echoed;    /* the latest of its heartbeats that was echoed here */
    struct guestset lacks; /* guests that its site does not have */
};

enum run {
    RUN_OFF,
    RUN_STARTING,
    RUN_UP,
    RUN_STOPPING,
    RUN_KILLING,
    RUN_SENDING,  /* being copied to a target, still running */
    RUN_OFFERED,  /* paused, the change of owner is asked for */
    RUN_INCOMING, /* a paused copy from a source */
};

struct core_guest {
    enum run run;
    uint32_t epoch;      /* under which it was started; incoming: the source's */
    uint64_t since;      /* of run */
    uint64_t not_before; /* no start or move before */
    uint64_t mine_since; /* 0: it is not */
    uint64_t unfit_until;
    uint8_t target;    /* sending: to that node */
    uint16_t commands; /* the ledger's, when unfit was noted: a command clears it */
    bool devices_bad;
    bool ended; /* its own wish: leave it stopped */
    struct restart_state restart;
    /* What the node that proposes has noted of it (placement.c): */
    uint64_t placed_at; /* when it last wished for an owner, and the epoch then */
    uint32_t placed_epoch;
    uint64_t aimed_at; /* when it last wished for another goal, and the commands then */
    uint16_t aimed_commands;
    uint64_t homeless_since;    /* no node has been found for it */
    uint64_t second_best_since; /* one has, but its home would do, were its copy current */
    uint64_t apart_since;       /* the group whose first guest this is has been apart */
};

struct mirror {
    bool frozen;
    bool synced;
    uint64_t mark; /* made for the present break; 0: none yet */
};

struct node {
    const struct core_site *site;
    uint8_t self;
    uint64_t incarnation;
    uint64_t site_hash;
    uint64_t born;         /* when this relevod started */
    uint64_t voting_since; /* when it began to remember; 0: it does not */
    uint64_t random;
    struct memory memory;
    struct chosen known;
    struct ledger scratch; /* what known would be after the changes collected so far */
    struct proposer proposer;
    uint64_t proposer_backoff;
    uint32_t highest; /* ballot number seen anywhere */
    uint64_t replaces;
    bool joined; /* a chosen value has named this incarnation */
    bool resetting;
    bool leaving; /* gives its guests away and takes none */
    bool dirty;   /* something happened that may call for a change or an action */
    bool watchdog;
    struct lease lease;
    struct peer peer[CORE_NODES];
    nodeset down;
    nodeset cleared; /* guests leave these for one that waits: not for those after it in order */
    uint32_t fenced[CORE_NODES];
    uint64_t fence_asked[CORE_NODES];
    struct { /* when the present suspicion of each node, or its end, was known to be chosen */
        uint32_t suspicion;
        uint32_t generation;
        uint64_t since;
        struct ballot ballot; /* under which it was */
        uint64_t joined;      /* when its present generation was known to be chosen */
    } suspected[CORE_NODES];
    uint64_t well_since[CORE_NODES];
    uint64_t unwell_since[CORE_NODES];
    uint64_t wish_since; /* oldest wish that nobody has fulfilled; 0: none */
    uint64_t settle_since;
    uint64_t asked_at; /* last request sent */
    int commands;      /* the operator's, until they take effect or time out */
    struct change command[4];
    uint64_t command_since;
    int requests; /* from others */
    struct change request[REGISTER_CHANGES];
    uint16_t order[CORE_GUESTS]; /* guests by priority */
    struct core_guest guest[CORE_GUESTS];
    struct mirror mirror[CORE_MIRRORS];
};

/* A node as relevod finds it at its start. First actions (such as ACT_JOURNAL) go to out. */
void node_init(struct node *n, const struct boot *b, uint64_t now, struct actions *out);

/* One event. out is emptied first. */
void node_step(struct node *n, const struct event *e, uint64_t now, struct actions *out);

/* ---- shared between the files of core/ ---- */

/* Appends an action; the returned one is the caller's to fill. */
struct action *node_act(struct actions *out, enum action_kind kind);
struct message *node_send(struct node *n, struct actions *out, enum message_kind kind, uint8_t to);
uint32_t node_random(struct node *n);

/* Keeps since when something has held without a break; 0: it does not. */
static inline void node_since(uint64_t *since, bool holds, uint64_t now)
{
    *since = !holds ? 0 : *since != 0 ? *since : now;
}

/* This incarnation is named by the known value, and lives. */
bool node_is_current(const struct node *n);

/* Whether this node has heard the other within timing.silence. */
bool node_hears(const struct node *n, uint8_t other, uint64_t now);

struct wishes {
    int count;
    int max;
    struct change *change;
};

/* Adds a change that this node wants, if it would have an effect after the ones before it. */
void node_wish(struct node *n, struct wishes *w, struct change c);
