/* The ledger is one register, agreed by Paxos (as in CASPaxos, Rystsov 2018): a proposer collects
 * promises, takes the value accepted under the highest ballot among them, changes it, and has it
 * accepted. There is no log and no leader's term.
 *
 * Nodes without a journal forget at a reboot, which plain Paxos forbids. What makes it safe here is
 * that every value names the incarnations of those that may vote for it; core/SAFETY.md has the
 * argument. */
#pragma once
#include "core/ledger.h"

#define REGISTER_CHANGES 32 /* in one proposal */

struct ballot {
    uint32_t number; /* 0: none */
    uint8_t node;
    uint64_t incarnation; /* of the proposer: a rebooted one cannot repeat a ballot */
};

int ballot_compare(const struct ballot *a, const struct ballot *b);

/* What a node has promised and accepted. Part of what is journalled. */
struct acceptor {
    struct ballot promised;
    struct ballot accepted;
    bool remembers;   /* nothing that it ever promised or accepted is lost */
    bool chosen;      /* the accepted value is known to be chosen */
    nodeset withheld; /* suspected or dead in what was accepted since the last known to be chosen */
    struct ledger value;
};

/* A value known to be chosen. */
struct chosen {
    struct ballot ballot;
    struct ledger value;
};

/* The register's messages; which fields count depends on the kind. */
struct round {
    struct ballot ballot;
    struct ballot
        accepted;   /* prepare: the proposer's base; promise: its sender's; refuse: promised */
    uint64_t named; /* prepare: what the proposer's value names the addressee; 0: unknown */
    uint64_t incarnation; /* promise: whose it is, */
    uint64_t replaces;    /* and another incarnation of itself that it has seen named */
    bool remembers;       /* promise */
    bool cold;            /* accept: of a cold start */
};

enum proposer_phase { PROPOSER_IDLE, PROPOSER_PREPARES, PROPOSER_ACCEPTS };

struct proposer {
    enum proposer_phase phase;
    struct ballot ballot;
    uint64_t since; /* of this phase */
    nodeset promised;
    nodeset remembers;
    nodeset accepted;
    nodeset asked; /* again, as its promise was void, since the last beat */
    bool cold;
    nodeset need; /* who must accept, where that is not any majority; else empty */
    uint64_t incarnation[CORE_NODES];
    uint64_t replaces[CORE_NODES];
    bool sure;           /* what follows is from nodes that remember: */
    struct ballot best;  /* the highest accepted ballot among the promises, and its value; */
    struct ledger value; /* then the value proposed */
    int changes;
    struct change change[REGISTER_CHANGES];
};

/* Who can do without whom. */
struct electorate {
    const struct core_site *site;
    uint8_t self;
    nodeset down;           /* the operator says that these are off for good */
    const uint32_t *fenced; /* for each node the generation that was confirmed off; 0: none */
};

/* Whether these nodes are enough to promise or accept a value built on v. */
bool register_quorum(const struct electorate *e, const struct ledger *v, nodeset who);

/* R31: whether the value is of another era than what this node remembers. Ballots of two eras
 * cannot be compared, as all may have forgotten between them. Such a value is accepted only under
 * the very ballot that was promised, and never learned. */
bool acceptor_is_foreign(const struct acceptor *a, const struct ledger *v);

/* The acceptor's side. True: journal, then answer yes. */
bool acceptor_prepare(struct acceptor *a, const struct ballot *b);
bool acceptor_accept(struct acceptor *a, const struct ballot *b, const struct ledger *v, bool cold,
                     uint8_t self, uint64_t incarnation);

/* Told of a chosen value. True: something was kept, journal it before acting on it. */
bool acceptor_learn(struct acceptor *a, const struct ballot *b, const struct ledger *v,
                    uint8_t self, uint64_t incarnation);

/* The proposer's side. The caller has promised the ballot itself, and journalled that, before. */
void proposer_begin(struct proposer *p, uint8_t nodes, const struct ballot *b,
                    const struct change *change, int changes, uint64_t now);

enum proposer_step {
    PROPOSER_WAIT,
    PROPOSER_ASK_AGAIN, /* that promise is void: tell the node what the value names it */
    PROPOSER_READY,     /* p->value is to be accepted */
};

/* value: what was accepted under m->accepted; NULL: nothing newer than the proposer's base. */
enum proposer_step proposer_promise(struct proposer *p, const struct electorate *e, uint8_t from,
                                    const struct round *m, const struct ledger *value,
                                    uint64_t now);

/* A beat has passed. Who has answered: others are asked again. */
nodeset proposer_answered(struct proposer *p);

/* Counts an acceptance. True: with this one the value is chosen. */
bool proposer_accepted(struct proposer *p, const struct electorate *e, uint8_t from,
                       const struct ballot *b);
