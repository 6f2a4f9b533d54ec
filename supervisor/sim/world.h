/* The simulated world: hosts, their clocks, watchdogs and disks, a network, mirrors, guests, and
 * the real core/ as the only thing that decides. Deterministic: one seed, one history.
 *
 * Times here are true time in ms; each host's own clock runs a little off. */
#pragma once
#include "core/node.h"
#include "sim/random.h"

#define WORLD_OPS 256
#define NAME_MAX_ 24
#define TEXT_MAX_ 256
#define NEVER     UINT64_MAX

enum op_kind {
    OP_CRASH,    /* node: reset, boots again by itself */
    OP_OFF,      /* node: power off */
    OP_ON,       /* node: power on */
    OP_HANG,     /* node ms: dom0 stands still, the guests run on */
    OP_PAUSE,    /* node ms: the whole host stands still, watchdog included */
    OP_RELEVOD,  /* node: relevod is killed and started again */
    OP_FORGET,   /* node: the same, and what it has written to /run cannot be read */
    OP_CUTSHORT, /* node: relevod is killed halfway through the next journalling step */
    OP_STALL,    /* node ms: relevod stands still */
    OP_DEAF,     /* node ms: corosync stands still */
    OP_MUTE,     /* node ms: its heartbeats are lost, nothing else */
    OP_CUT,      /* node node: no messages between them */
    OP_CUTFROM,  /* node node: no messages from the first to the second */
    OP_ALONE,    /* node: cut from everybody */
    OP_MEND,     /* node node: only that cut */
    OP_HEAL,     /* all cuts between nodes are mended, and no link lags */
    OP_LAG,      /* node node ms: messages from the first to the second are so late; 0: again not */
    OP_HALFSENT, /* node node: the next proposal of the first reaches but the second; it crashes */
    OP_LOSS,     /* percent of all messages */
    OP_LOSSFROM, /* node percent: of its messages, and of nobody else's */
    OP_VIEW,     /* node node: corosync tells the first that nobody else is there */
    OP_LINK,     /* mirror: the replication link breaks */
    OP_LINKUP,   /* mirror */
    OP_LUN,      /* node: loses its shared disks */
    OP_LUNUP,    /* node */
    OP_FAILSTART,  /* guest count: the next starts fail */
    OP_FAILNODE,   /* node count: the next starts there fail */
    OP_SLOW,       /* node ms: workers take so much longer */
    OP_STUCK,      /* guest ms: does not end, however asked */
    OP_GUESTCRASH, /* guest */
    OP_GUESTOFF,   /* guest: shuts itself down */
    OP_NOWATCHDOG, /* node ms: relevod is killed, and those that start cannot open the watchdog */
    OP_LACKS,      /* guest node: that node's site does not have it */
    OP_STOP,       /* guest: operator */
    OP_START,      /* guest: operator */
    OP_MOVE,       /* guest node: operator */
    OP_LEAVE,      /* node: operator; it goes down in order, and stays off */
    OP_DRAIN,      /* node: operator */
    OP_UNDRAIN,    /* node: operator */
    OP_CONFIRM,    /* node: the operator says it is down for good */
    OP_OVERRIDE,   /* mirror node: the operator calls that side fresh */
    OP_BLACKOUT,   /* every node loses power, and comes back at a time of its own */
    OP_REPAIR,     /* everything that is broken is mended, everything off is switched on */
    OP_EXPECT_ON,  /* guest node: it runs there */
    OP_EXPECT_RUN, /* guest: it runs somewhere */
    OP_EXPECT_OFF, /* guest: it runs nowhere */
    OP_KINDS
};

struct op {
    uint64_t at;
    enum op_kind kind;
    int a; /* node, guest or mirror */
    int b; /* node, or a number */
    int c; /* a number */
};

/* What a run consists of; the scenario file's form of it is in relevo-sim.1. */
struct plan {
    uint64_t seed; /* of what is left to chance */
    uint64_t end;
    uint64_t
        repair; /* from then on nothing is broken: at the end all must be well; 0: not checked */
    bool wire;  /* every message goes through core/codec */
    bool hole;  /* hosts are paused as a whole: S1 cannot be kept, S2 must be */
    bool fence; /* the fence device works */
    nodeset journal; /* nodes with state= */
    uint32_t delay;  /* longest usual delay of a message */
    uint32_t loss;   /* percent */
    uint32_t twice;  /* percent of messages delivered twice */
    uint32_t late;   /* percent of messages that take up to late_ms */
    uint32_t late_ms;
    uint32_t boot; /* shortest time from power-on to relevod */
    int violation; /* the rule that this run is expected to break, as enum verdict */
    int ops;
    struct op op[WORLD_OPS];
    struct core_site site;
};

enum verdict { RUN_OK, BROKE_S1, BROKE_S2, BROKE_S3, BROKE_LIVENESS, BROKE_EXPECT, VERDICTS };

enum domain_state { DOM_NONE, DOM_CREATING, DOM_RUNNING, DOM_PAUSED, DOM_DYING };

struct dom {
    enum domain_state state;
    bool incoming; /* paused: received, not sent */
    uint32_t job;  /* what a worker does for it; an older worker's end does not count */
    uint64_t stuck_until;
    int fail_starts;
    uint32_t image; /* paused: how often the guest had begun to run when it was copied */
    uint8_t target; /* of a copy, and the epoch that it carries */
    uint32_t epoch;
};

struct host {
    bool on;
    bool booting;
    bool relevod;   /* it runs (it may stand still) */
    uint32_t boots; /* events for an earlier boot or relevod do not count */
    uint32_t lives;
    uint64_t incarnation;
    double rate;   /* of its clock */
    uint64_t skew; /* ms added to it */
    uint64_t hung_until;
    uint64_t stalled_until;
    uint64_t deaf_until;
    uint64_t paused_until;
    uint64_t mute_until;
    uint64_t woken; /* since when relevod could act without a pause */
    uint64_t slow;  /* ms that workers take longer */
    uint64_t slow_until;
    uint64_t second; /* the present one, and what it has sent in it */
    int sent;
    uint32_t loss; /* percent of what it sends */
    int fail_starts;
    bool cut_short;
    nodeset half_sent; /* its next proposal reaches only these, and is its last; empty: does not */
    bool lun;
    bool leaving; /* goes down in order, */
    uint64_t leaving_since;
    uint64_t no_watchdog_until; /* it cannot be opened */
    bool armed;
    uint64_t watchdog; /* fires at */
    bool watchdog_queued;
    nodeset view;
    bool has_run; /* what relevod wrote to /run */
    bool run_damaged;
    bool has_journal;
    struct memory run;
    struct memory journal;
    struct node node;
    struct dom dom[CORE_GUESTS];
};

struct disk {
    uint64_t generation; /* as DRBD's: raised when a primary goes on alone */
    uint64_t written;    /* number of the last write */
    bool alone;          /* written since the sides were last equal */
    bool frozen;
    uint32_t told; /* the break that relevod was told of */
};

struct replica {
    struct disk disk[2];
    bool link; /* not cut on purpose */
    bool connected;
    bool synced;
    uint32_t breaks;
    uint64_t writes; /* so far, acknowledged or not */
    uint64_t acked;  /* the last one that the guest was told is safe */
    uint64_t generations;
    uint64_t told_at[2]; /* relevod hears of changes in their order */
};

struct wire;

/* What is counted in a run, after its operations by their kind. */
enum stat {
    STAT_STARTS = OP_KINDS, /* a guest began to run, or went on */
    STAT_TAKEOVERS,         /* timed for S3 */
    STAT_COPIES,            /* of migrations, complete */
    STAT_COLDS,             /* eras that a node has seen end */
    STAT_WATCHDOG,          /* hosts reset by it, */
    STAT_SELF,              /* ... by relevod, */
    STAT_FENCED,            /* ... by the fence device */
    STAT_FROZEN,            /* writes held back until a mark is chosen */
    STAT_ALONE,             /* writes to one side only, acknowledged */
    STATS
};

struct stats {
    uint64_t known_at;          /* when a node last learned something */
    uint64_t register_messages; /* sent since the last operation, heartbeats not counted */
    uint64_t count[STATS];
};

struct world {
    const struct plan *plan;
    const struct core_site *site;
    struct prng random;
    uint64_t now;
    uint32_t loss; /* of the network now, as in the plan */
    uint32_t late;
    uint32_t twice;
    nodeset cut[CORE_NODES];              /* [to]: from whom nothing arrives */
    uint32_t lag[CORE_NODES][CORE_NODES]; /* [to][from]: ms added to what is sent now */
    bool lags;                            /* any of them does */
    nodeset lacks[CORE_GUESTS];           /* nodes whose site does not have the guest */
    uint64_t lagged_until;                /* something that was sent so may still arrive */
    struct host host[CORE_NODES];
    struct replica replica[CORE_MIRRORS];
    struct {            /* what the operator has accepted, until the mirror is resynced: */
        uint8_t sides;  /* have been called current, bit by bit; */
        uint64_t until; /* the command may take effect until then; */
        uint64_t lost;  /* writes up to this one may be lost */
    } override[CORE_MIRRORS];
    uint32_t runs[CORE_GUESTS]; /* how often it has begun to run */
    uint64_t calm;              /* since when nothing was done to the world */
    uint64_t last_boot;         /* or reset */
    uint64_t op_at;             /* last operation */
    uint64_t loss_at;           /* the one whose takeover is timed */
    enum verdict verdict;
    char text[TEXT_MAX_]; /* what broke */
    bool trace;
    bool messages; /* traced as well */
    struct stats stats;
    /* event queue */
    int queued;
    int room;
    struct item *queue;
    uint64_t order;
    struct wire *free_wire;
    struct ledger *unused;
    struct actions actions;
};

enum item_kind {
    ITEM_OP,
    ITEM_TICK,
    ITEM_DELIVER,
    ITEM_BOOT,
    ITEM_WAKE, /* a paused host goes on */
    ITEM_RELEVOD,
    ITEM_WATCHDOG,
    ITEM_VIEW,
    ITEM_CREATED,
    ITEM_UNPAUSED,
    ITEM_GONE,
    ITEM_ENDED,
    ITEM_DEVICES,
    ITEM_COPIED,
    ITEM_CONNECT,
    ITEM_SYNC,
    ITEM_TELL, /* relevod of a mirror's state */
    ITEM_RESUME_IO,
    ITEM_FENCED,
    ITEM_TAKEOVER, /* by now it must be over */
};

struct item {
    uint64_t at;
    uint64_t order;
    enum item_kind kind;
    uint8_t host;
    uint8_t to;
    uint16_t index;
    uint32_t tag;
    nodeset hosts;
    struct wire *wire;
};

/* Runs the plan to its end or to the first violation. */
struct world *world_new(void);
void world_free(struct world *w);
enum verdict world_run(struct world *w, const struct plan *plan);

/* ---- shared between the files of sim/ ---- */
void world_push(struct world *w, struct item i);
struct item world_pop(struct world *w); /* the next one; there must be one */
void world_step(struct world *w, uint8_t host, const struct event *e);
void world_break(struct world *w, enum verdict v, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void world_log(const struct world *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool world_hears(const struct world *w, uint8_t to, uint8_t from);
bool world_awake(const struct world *w, uint8_t host);
uint64_t world_local(const struct world *w, uint8_t host);
void world_power_off(struct world *w, uint8_t host, const char *why);
void world_kill_relevod(struct world *w, uint8_t host);
void world_power_on(struct world *w, uint8_t host, uint64_t delay);

void net_send(struct world *w, uint8_t from, const struct message *m);
void net_deliver(struct world *w, const struct item *i);
void net_release(struct world *w, struct wire *x);
void net_views(struct world *w);
void net_clear(struct world *w);

void disks_init(struct world *w);
void disks_changed(struct world *w); /* a host, a link or a guest has changed */
void disks_tell(struct world *w, uint8_t host);
void disks_item(struct world *w, const struct item *i);
void disks_write(struct world *w);
void disks_opened(struct world *w, uint8_t host, int guest); /* a guest begins to run */
void disks_resume(struct world *w, uint8_t host, int mirror);

void guests_action(struct world *w, uint8_t host, const struct action *a);
void guests_item(struct world *w, const struct item *i);
void guests_relevod_died(struct world *w, uint8_t host);
void guests_found(const struct world *w, uint8_t host, enum domain found[CORE_GUESTS]);
void guests_tell(struct world *w, uint8_t host);
void guests_wake(struct world *w, uint8_t host);
int guests_where(const struct world *w, int guest); /* host that runs it, or -1 */
void guests_end(struct world *w, int guest, enum guest_end end);

void ops_apply(struct world *w, const struct op *op);
void oracle_sent(struct world *w, uint8_t host);     /* a message */
void oracle_watchdog(struct world *w, uint8_t host); /* it fires now */
void oracle_final(struct world *w);
void oracle_takeover(struct world *w, const struct item *i);
void oracle_expect_takeover(struct world *w, uint8_t host);
uint64_t oracle_bound(const struct world *w);
