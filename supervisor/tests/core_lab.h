/* A few nodes of core/ whose clock, messages, workers and faults are in the hands of a test.
 * Workers do at once what they are asked to; two nodes running one guest fail the test. */
#pragma once
#include "core/node.h"
#include "tests/test.h"

#define LAB_NODES 5

struct lab {
    struct core_site site;
    uint64_t now;
    nodeset on;   /* relevod runs */
    nodeset lost; /* up, but out of everybody's reach */
    struct node node[LAB_NODES];
    struct memory memory[LAB_NODES];            /* what is in /run */
    enum domain domain[LAB_NODES][CORE_GUESTS]; /* what runs */
    uint32_t acts[LAB_NODES][ACT_REPORT + 1];   /* how often each was asked for, */
    uint8_t fail[CORE_GUESTS];                  /* that many of the next starts fail */
    uint32_t started[LAB_NODES][CORE_GUESTS];   /* ... starts and unpauses among them */
    uint32_t fence[LAB_NODES];                  /* generation to be fenced; 0: not asked */
    struct actions out;                         /* of the last step */
    const char *report;                         /* the last one */
};

extern struct lab lab;

/* A site of so many nodes and guests, all of them off. The guests' home is the first node, the
 * others are their peers in order. */
void lab_begin(uint8_t nodes, uint16_t guests);

/* The host boots, and has forgotten all; or its relevod starts again. */
void lab_boot(uint8_t node);
void lab_restart(uint8_t node);
void lab_boot_all(void);

/* The host loses its power. */
void lab_off(uint8_t node);

/* One step; what it sends waits. */
void lab_step(uint8_t node, struct event e);

/* The oldest message that waits, which must be of this kind, reaches all whom it is for. */
void lab_deliver(enum message_kind kind);
int lab_waiting(void);

/* So many heartbeats pass, each with all messages that follow. */
void lab_beats(int count);

/* Beats until the guest runs on that node (NO_NODE: nowhere), or fails the test after most. */
void lab_until(int guest, uint8_t node, int most);

/* Three nodes and so many guests, which run at their home. */
void lab_three(uint16_t guests);

/* The operator says at all nodes that this one is off. */
void lab_confirm_down(uint8_t down);

/* The operator's command on some node. */
void lab_command(struct change c);
void lab_move(int guest, uint8_t to);
void lab_run(int guest, bool on);
void lab_drain(uint8_t node, bool on);

/* The guest ends by itself where it runs. */
void lab_end(int guest, enum guest_end end);

uint8_t lab_where(int guest);
const struct ledger *lab_known(void);
const struct ledger_guest *lab_entry(int guest);
