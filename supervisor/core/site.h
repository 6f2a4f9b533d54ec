/* What core/ must know of the configuration: who there is, what runs where, and the timing.
 * Filled once by the caller, never changed by core/. Nodes are known by their number (the
 * cluster's node id minus one), guests and mirrors by an id that is the same on every node
 * whatever else its site file holds (a hash of the name; the configuration check refuses two
 * names with one hash). */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CORE_NODES         16
#define CORE_GUESTS        256
#define CORE_MIRRORS       256
#define CORE_PEERS         4 /* nodes that may run a guest, besides its home */
#define CORE_GUEST_MIRRORS 4
#define CORE_AFTER         4
#define NO_NODE            UINT8_MAX
#define NO_INDEX           (-1)

typedef uint16_t nodeset; /* bit i: node i */
_Static_assert(CORE_NODES <= 8 * sizeof(nodeset), "a nodeset has one bit for each node");

static inline nodeset node_bit(uint8_t node)
{
    return (nodeset)(1u << node);
}

static inline int node_count(nodeset s)
{
    return __builtin_popcount(s);
}

static inline bool node_in(nodeset s, uint8_t node)
{
    return (s >> node & 1u) != 0;
}

/* All times in milliseconds. What they mean for each other: core/timing.h. */
struct timing {
    uint32_t beat;      /* between two heartbeats, and between two looks at everything */
    uint32_t lease;     /* H: how long a proven heartbeat is good, from its sending */
    uint32_t watchdog;  /* W: Xen resets the host this long after the last feed */
    uint32_t silence;   /* a node unheard for so long is suspected */
    uint32_t wait;      /* between a suspicion and "dead"; 0: the least that is safe */
    uint32_t margin;    /* added to what the clocks can differ */
    uint32_t drift_ppm; /* how far any node's clock may run off true time */
    uint32_t stop;      /* what a guest gets to shut down by itself */
    uint32_t settle;    /* how long a home must have been well before an automatic failback */
};

struct site_node {
    bool witness;        /* votes, runs nothing */
    uint32_t memory_mib; /* for guests; 0: not counted */
};

struct site_guest {
    uint64_t id;
    uint8_t home;
    uint8_t peers; /* how many of peer[] are used, in order of preference */
    uint8_t peer[CORE_PEERS];
    uint8_t mirrors; /* how many of mirror[] are used: indices into site.mirror */
    uint8_t mirror[CORE_GUEST_MIRRORS];
    uint8_t afters; /* guests that must run before this one is started: indices */
    uint8_t after[CORE_AFTER];
    int16_t priority;  /* higher goes first */
    uint16_t apart;    /* guests with the same non-zero number never share a node */
    uint16_t together; /* guests with the same non-zero number share one */
    uint32_t memory_mib;
    bool failback; /* goes home by itself */
    bool live;     /* may be migrated; otherwise a move is a stop and a start */
};

struct site_mirror {
    uint64_t id;
    uint8_t node[2]; /* its two sides */
};

struct core_site {
    uint64_t cluster; /* a hash of its name and its nodes' names */
    uint8_t nodes;
    uint16_t guests;
    uint16_t mirrors;
    bool fence_device; /* a worker can have a node switched off, and be told that it is off */
    struct timing timing;
    struct site_node node[CORE_NODES];
    struct site_guest guest[CORE_GUESTS];
    struct site_mirror mirror[CORE_MIRRORS];
};

/* More than half of all configured nodes. */
static inline int site_majority(const struct core_site *s)
{
    return s->nodes / 2 + 1;
}

static inline nodeset site_all(const struct core_site *s)
{
    return (nodeset)((1u << s->nodes) - 1);
}

/* Index of the guest or mirror with this id, or NO_INDEX. */
static inline int site_guest(const struct core_site *s, uint64_t id)
{
    for (int i = 0; i < s->guests; i++)
        if (s->guest[i].id == id)
            return i;
    return NO_INDEX;
}

static inline int site_mirror(const struct core_site *s, uint64_t id)
{
    for (int i = 0; i < s->mirrors; i++)
        if (s->mirror[i].id == id)
            return i;
    return NO_INDEX;
}

/* Whether the guest may run on the node: its home, or one of its peers. */
static inline bool site_is_candidate(const struct site_guest *g, uint8_t node)
{
    bool is = g->home == node;
    for (int i = 0; i < g->peers; i++)
        is |= g->peer[i] == node;
    return is;
}

/* Which side of the mirror the node is, 0 or 1, or NO_INDEX. */
static inline int mirror_side(const struct site_mirror *m, uint8_t node)
{
    if (m->node[0] == node)
        return 0;
    return m->node[1] == node ? 1 : NO_INDEX;
}
