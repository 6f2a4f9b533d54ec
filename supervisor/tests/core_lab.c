#include "tests/core_lab.h"

#include <string.h>

#define POSTS 256
#define WORKS 64

struct lab lab;

static struct post {
    struct message message;
    struct ledger value;
} post[POSTS];
static int posts;

/* What workers will report. */
static struct work {
    uint8_t node;
    struct event event;
} work[WORKS];
static int works;

void lab_begin(uint8_t nodes, uint16_t guests)
{
    memset(&lab, 0, sizeof(lab));
    posts = works = 0;
    lab.now = 1000000;
    lab.site = (struct core_site){.cluster = 1, .nodes = nodes, .guests = guests};
    lab.site.timing = (struct timing){.beat = 500,
                                      .lease = 3000,
                                      .watchdog = 5000,
                                      .silence = 2200,
                                      .margin = 500,
                                      .drift_ppm = 500,
                                      .stop = 10000,
                                      .settle = 30000};
    for (int i = 0; i < guests; i++) {
        struct site_guest *g = &lab.site.guest[i];
        g->id = 100u + (unsigned)i;
        for (uint8_t k = 1; k < nodes; k++)
            g->peer[g->peers++] = k;
    }
}

static void report(uint8_t node, struct event e)
{
    assert_in_range(works, 0, WORKS - 1);
    work[works++] = (struct work){node, e};
}

static void run(uint8_t node, int guest)
{
    struct event e = {.kind = EVENT_GUEST_RUNNING, .index = guest};
    lab.started[node][guest]++;
    if (lab.fail[guest] > 0) {
        lab.fail[guest]--;
        e.kind = EVENT_GUEST_ENDED;
        e.end = GUEST_END_START_FAILED;
    } else {
        for (uint8_t i = 0; i < lab.site.nodes; i++)
            assert_false(lab.domain[i][guest] == DOMAIN_RUNNING); /* S1 */
        lab.domain[node][guest] = DOMAIN_RUNNING;
    }
    report(node, e);
}

static void copy(uint8_t node, const struct action *a)
{
    struct event incoming = {.kind = EVENT_INCOMING, .index = a->index, .epoch = a->epoch};
    struct event ready = {.kind = EVENT_OFFER_READY, .index = a->index};
    lab.domain[node][a->index] = lab.domain[a->node][a->index] = DOMAIN_PAUSED;
    report(a->node, incoming);
    report(node, ready);
}

static void send(uint8_t node, const struct message *m)
{
    if (node_in(lab.lost, node))
        return;
    assert_in_range(posts, 0, POSTS - 1);
    post[posts].message = *m;
    if (m->value != NULL) {
        ledger_copy(&post[posts].value, m->value);
        post[posts].message.value = &post[posts].value;
    }
    posts++;
}

static void perform(uint8_t node, const struct action *a)
{
    struct event gone = {.kind = EVENT_GUEST_GONE, .index = a->index};
    lab.acts[node][a->kind]++;
    switch (a->kind) {
    case ACT_JOURNAL:
        lab.memory[node] = lab.node[node].memory;
        break;
    case ACT_SEND:
        send(node, &lab.out.message[a->message]);
        break;
    case ACT_START:
    case ACT_UNPAUSE:
        run(node, a->index);
        break;
    case ACT_STOP:
    case ACT_KILL:
        lab.domain[node][a->index] = DOMAIN_NONE;
        report(node, gone);
        break;
    case ACT_MIGRATE:
        copy(node, a);
        break;
    case ACT_RESUME:
        lab.domain[node][a->index] = DOMAIN_RUNNING;
        break;
    case ACT_FENCE:
        lab.fence[a->node] = a->epoch;
        break;
    case ACT_RESET:
        lab_off(node);
        break;
    case ACT_REPORT:
        lab.report = a->text;
        break;
    case ACT_FEED:
    case ACT_RESUME_IO:
        break;
    }
}

static void perform_all(uint8_t node)
{
    for (int i = 0; i < lab.out.count && node_in(lab.on, node); i++)
        perform(node, &lab.out.action[i]);
}

static void start(uint8_t node, bool first)
{
    struct boot b = {.site = &lab.site,
                     .self = node,
                     .incarnation = lab.node[node].incarnation + first,
                     .first = first,
                     .memory = first ? NULL : &lab.memory[node],
                     .domain = lab.domain[node],
                     .seed = 1u + node};
    if (b.incarnation < 1000)
        b.incarnation = UINT64_C(1000) * (1u + node);
    lab.on |= node_bit(node);
    node_init(&lab.node[node], &b, lab.now, &lab.out);
    perform_all(node);
}

void lab_boot(uint8_t node)
{
    lab_off(node);
    start(node, true);
}

void lab_restart(uint8_t node)
{
    start(node, false);
}

void lab_boot_all(void)
{
    for (uint8_t i = 0; i < lab.site.nodes; i++)
        lab_boot(i);
}

void lab_off(uint8_t node)
{
    lab.on &= (nodeset)~node_bit(node);
    memset(lab.domain[node], 0, sizeof(lab.domain[node]));
}

void lab_step(uint8_t node, struct event e)
{
    assert_true(node_in(lab.on, node));
    node_step(&lab.node[node], &e, lab.now, &lab.out);
    perform_all(node);
}

int lab_waiting(void)
{
    return posts;
}

static void deliver(void)
{
    static struct post first;
    struct event e = {.kind = EVENT_MESSAGE, .message = &first.message};
    const struct message *m = &first.message;
    first = post[0];
    if (m->value != NULL)
        first.message.value = &first.value;
    posts--;
    for (int i = 0; i < posts; i++) {
        post[i] = post[i + 1];
        if (post[i].message.value != NULL)
            post[i].message.value = &post[i].value;
    }
    for (uint8_t i = 0; i < lab.site.nodes; i++)
        if (i != m->from && (m->to == EVERYBODY || m->to == i) && node_in(lab.on, i) &&
            !node_in(lab.lost, i))
            lab_step(i, e);
}

void lab_deliver(enum message_kind kind)
{
    assert_int_not_equal(posts, 0);
    assert_int_equal(post[0].message.kind, kind);
    deliver();
}

static void settle(void)
{
    while (posts > 0 || works > 0) {
        if (works == 0) {
            deliver();
            continue;
        }
        struct work w = work[0];
        memmove(&work[0], &work[1], (size_t)--works * sizeof(work[0]));
        if (node_in(lab.on, w.node))
            lab_step(w.node, w.event);
    }
}

void lab_beats(int count)
{
    struct event e = {.kind = EVENT_TICK};
    for (int k = 0; k < count; k++) {
        lab.now += lab.site.timing.beat;
        for (uint8_t i = 0; i < lab.site.nodes; i++)
            if (node_in(lab.on, i))
                lab_step(i, e);
        settle();
    }
}

void lab_until(int guest, uint8_t node, int most)
{
    for (int k = 0; k < most && lab_where(guest) != node; k++)
        lab_beats(1);
    assert_int_equal(lab_where(guest), node);
}

void lab_three(uint16_t guests)
{
    lab_begin(3, guests);
    lab_boot_all();
    for (int g = 0; g < guests; g++)
        lab_until(g, 0, 20);
    lab_beats(10);
}

static uint8_t somebody(void)
{
    for (uint8_t i = 0; i < lab.site.nodes; i++)
        if (node_in(lab.on, i) && !node_in(lab.lost, i))
            return i;
    fail_msg("no node is up");
    return 0;
}

void lab_confirm_down(uint8_t down)
{
    struct event e = {.kind = EVENT_CONFIRM_DOWN, .node = down};
    for (uint8_t i = 0; i < lab.site.nodes; i++)
        if (node_in(lab.on, i))
            lab_step(i, e);
}

void lab_command(struct change c)
{
    struct event e = {.kind = EVENT_COMMAND, .change = &c};
    lab_step(somebody(), e);
    settle();
}

void lab_move(int guest, uint8_t to)
{
    struct change c = {.kind = CHANGE_GOAL,
                       .id = lab.site.guest[guest].id,
                       .node = to,
                       .commands = lab_entry(guest)->commands};
    lab_command(c);
}

void lab_run(int guest, bool on)
{
    struct change c = {.kind = CHANGE_RUN,
                       .id = lab.site.guest[guest].id,
                       .on = on,
                       .commands = lab_entry(guest)->commands};
    lab_command(c);
}

void lab_drain(uint8_t node, bool on)
{
    struct change c = {.kind = CHANGE_DRAIN,
                       .node = node,
                       .on = on,
                       .generation = lab_known()->node[node].generation};
    lab_command(c);
}

void lab_end(int guest, enum guest_end end)
{
    uint8_t node = lab_where(guest);
    struct event e = {.kind = EVENT_GUEST_ENDED, .index = guest, .end = end};
    assert_true(node < LAB_NODES);
    if (node >= LAB_NODES) /* the analyzer does not know that assert_true ends the test */
        return;
    lab.domain[node][guest] = DOMAIN_NONE;
    lab_step(node, e);
    settle();
}

uint8_t lab_where(int guest)
{
    for (uint8_t i = 0; i < lab.site.nodes; i++)
        if (lab.domain[i][guest] == DOMAIN_RUNNING)
            return i;
    return NO_NODE;
}

const struct ledger *lab_known(void)
{
    return &lab.node[somebody()].known.value;
}

const struct ledger_guest *lab_entry(int guest)
{
    const struct ledger_guest *g = ledger_guest(lab_known(), lab.site.guest[guest].id, guest);
    assert_non_null(g);
    return g;
}
