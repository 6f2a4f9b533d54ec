#include "sim/scenario.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/kv.h"
#include "core/timing.h"
#include "sim/ops.h"
#include "sim/runner.h"

struct parser {
    struct plan *plan;
    int line;
    char *error;
};

static int fail(const struct parser *p, const char *word, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static int fail(const struct parser *p, const char *word, const char *fmt, ...)
{
    int at = snprintf(p->error, SCENARIO_ERROR, "line %d: \"%.60s\": expected ", p->line,
                      word != NULL ? word : "end of line");
    va_list args;
    va_start(args, fmt);
    vsnprintf(p->error + at, (size_t)(SCENARIO_ERROR - at), fmt, args);
    va_end(args);
    return -1;
}

/* ---- words ---- */

static int number(const struct parser *p, const char *word, uint64_t most, uint64_t *out)
{
    char *end = NULL;
    if (word == NULL || *word < '0' || *word > '9')
        return fail(p, word, "a number up to %llu", (unsigned long long)most);
    *out = strtoull(word, &end, 10);
    if (*end != '\0' || *out > most)
        return fail(p, word, "a number up to %llu", (unsigned long long)most);
    return 0;
}

/* Seconds with at most three decimals, as ms. */
static int seconds(const struct parser *p, const char *word, uint64_t *out)
{
    char *end = NULL;
    uint64_t unit = 100;
    if (word == NULL || *word < '0' || *word > '9' || strlen(word) > 12)
        return fail(p, word, "a time in seconds, such as 12.5");
    *out = strtoull(word, &end, 10) * 1000;
    if (*end == '.')
        for (end++; *end >= '0' && *end <= '9' && unit > 0; end++, unit /= 10)
            *out += unit * (uint64_t)(*end - '0');
    if (*end != '\0')
        return fail(p, word, "a time in seconds, such as 12.5");
    return 0;
}

/* n1, g3, m2: the number less one. */
static int named(const struct parser *p, const char *word, char letter, const char *what,
                 uint32_t count, uint8_t *out)
{
    uint64_t n = 0;
    char *end = NULL;
    if (word != NULL && word[0] == letter && word[1] >= '1' && word[1] <= '9')
        n = strtoull(word + 1, &end, 10);
    if (n == 0 || *end != '\0' || n > count)
        return fail(p, word, "a %s, %c1 to %c%u", what, letter, letter, count);
    *out = (uint8_t)(n - 1);
    return 0;
}

static int list(const struct parser *p, char *words, char letter, const char *what, uint32_t count,
                int most, uint8_t *out, uint8_t *outs)
{
    char *part[8];
    int n = words == NULL ? -1 : kv_split(words, ',', part, most);
    if (n < 0)
        return fail(p, words, "at most %d of: %s, separated by commas", most, what);
    for (int i = 0; i < n; i++)
        if (named(p, part[i], letter, what, count, &out[i]) != 0)
            return -1;
    *outs = (uint8_t)n;
    return 0;
}

/* ---- lines of key=value words: a table of where each number goes ---- */

struct field {
    const char *key;
    uint32_t *to;
    uint32_t most;
};

static int fields(const struct parser *p, char **cursor, const struct field *f, const char *keys)
{
    struct kv w;
    while (kv_next(cursor, &w)) {
        const struct field *at = f;
        uint64_t n = 0;
        while (at->key != NULL && strcmp(at->key, w.key) != 0)
            at++;
        if (at->key == NULL)
            return fail(p, w.key, "one of %s", keys);
        if (number(p, w.value, at->most, &n) != 0)
            return -1;
        *at->to = (uint32_t)n;
    }
    return 0;
}

static int timing_line(const struct parser *p, char **cursor)
{
    struct timing *t = &p->plan->site.timing;
    const uint32_t hour = 3600000;
    const struct field f[] = {{"beat", &t->beat, hour},         {"lease", &t->lease, hour},
                              {"watchdog", &t->watchdog, hour}, {"silence", &t->silence, hour},
                              {"wait", &t->wait, hour},         {"margin", &t->margin, hour},
                              {"drift", &t->drift_ppm, 99999},  {"stop", &t->stop, hour},
                              {"settle", &t->settle, hour},     {NULL, NULL, 0}};
    char text[160];
    if (fields(p, cursor, f, "beat, lease, watchdog, silence, wait, margin, drift, stop, settle"))
        return -1;
    if (timing_check(t, text, sizeof(text)) != 0)
        return fail(p, "timing", "times that fit together: %s", text);
    return 0;
}

static int net_line(const struct parser *p, char **cursor)
{
    struct plan *q = p->plan;
    const struct field f[] = {{"delay", &q->delay, 60000}, {"loss", &q->loss, 100},
                              {"late", &q->late, 100},     {"late-ms", &q->late_ms, 600000},
                              {"twice", &q->twice, 100},   {NULL, NULL, 0}};
    if (fields(p, cursor, f, "delay, loss, late, late-ms, twice") != 0)
        return -1;
    if (q->delay == 0 || q->late_ms == 0)
        return fail(p, "net", "delay and late-ms of at least 1");
    return 0;
}

static int node_line(const struct parser *p, char **cursor)
{
    struct core_site *s = &p->plan->site;
    struct kv w = {0};
    uint8_t index = 0;
    uint64_t memory = 0;
    if (s->guests > 0 || s->mirrors > 0)
        return fail(p, "node", "all nodes before mirrors and guests");
    if (s->nodes == CORE_NODES)
        return fail(p, "node", "at most %d nodes", CORE_NODES);
    if (!kv_next(cursor, &w) || named(p, w.key, 'n', "node", CORE_NODES, &index) != 0 ||
        index != s->nodes)
        return fail(p, w.key, "n%d, as nodes are numbered in order", s->nodes + 1);
    s->nodes++;
    while (kv_next(cursor, &w)) {
        if (strcmp(w.key, "witness") == 0 && w.value == NULL)
            s->node[index].witness = true;
        else if (strcmp(w.key, "state") == 0 && w.value == NULL)
            p->plan->journal |= node_bit(index);
        else if (strcmp(w.key, "memory") != 0)
            return fail(p, w.key, "witness, state or memory=MIB");
        else if (number(p, w.value, 1u << 30, &memory) != 0)
            return -1;
    }
    s->node[index].memory_mib = (uint32_t)memory;
    return 0;
}

static int mirror_line(const struct parser *p, char **cursor)
{
    struct core_site *s = &p->plan->site;
    struct site_mirror *m = &s->mirror[s->mirrors];
    struct kv w[3] = {{0}};
    uint8_t index = 0;
    if (s->mirrors == CORE_MIRRORS - 1)
        return fail(p, "mirror", "at most %d mirrors", CORE_MIRRORS - 1);
    for (int i = 0; i < 3; i++)
        kv_next(cursor, &w[i]);
    if (named(p, w[0].key, 'm', "mirror", CORE_MIRRORS, &index) != 0 || index != s->mirrors)
        return fail(p, w[0].key, "m%d, as mirrors are numbered in order", s->mirrors + 1);
    for (int i = 0; i < 2; i++)
        if (named(p, w[i + 1].key, 'n', "node", s->nodes, &m->node[i]) != 0)
            return -1;
    if (m->node[0] == m->node[1])
        return fail(p, w[2].key, "another node than the first");
    m->id = plan_mirror_id(s->mirrors++);
    return 0;
}

/* The guest's words that name others. 1: none of them. */
static int guest_lists(const struct parser *p, struct site_guest *g, const struct kv *w)
{
    const struct core_site *s = &p->plan->site;
    if (strcmp(w->key, "home") == 0)
        return named(p, w->value, 'n', "node", s->nodes, &g->home);
    if (strcmp(w->key, "peers") == 0)
        return list(p, w->value, 'n', "node", s->nodes, CORE_PEERS, g->peer, &g->peers);
    if (strcmp(w->key, "mirrors") == 0)
        return list(p, w->value, 'm', "mirror", s->mirrors, CORE_GUEST_MIRRORS, g->mirror,
                    &g->mirrors);
    if (strcmp(w->key, "after") == 0)
        return list(p, w->value, 'g', "guest", s->guests, CORE_AFTER, g->after, &g->afters);
    return 1;
}

static int guest_word(const struct parser *p, struct site_guest *g, const struct kv *w)
{
    uint64_t n = 0;
    int done = guest_lists(p, g, w);
    if (done <= 0)
        return done;
    if (w->value == NULL && strcmp(w->key, "live") == 0) {
        g->live = true;
        return 0;
    }
    if (w->value == NULL && strcmp(w->key, "failback") == 0) {
        g->failback = true;
        return 0;
    }
    static const char *const keys[] = {"priority", "apart", "together", "memory"};
    size_t k = 0;
    while (k < 4 && strcmp(w->key, keys[k]) != 0)
        k++;
    if (k == 4)
        return fail(p, w->key,
                    "home=, peers=, mirrors=, after=, priority=, apart=, together=, memory=, live "
                    "or failback");
    if (number(p, w->value, 30000, &n) != 0)
        return -1;
    if (k == 0)
        g->priority = (int16_t)n;
    else if (k == 1)
        g->apart = (uint16_t)n;
    else if (k == 2)
        g->together = (uint16_t)n;
    else
        g->memory_mib = (uint32_t)n;
    return 0;
}

static int guest_line(const struct parser *p, char **cursor)
{
    struct core_site *s = &p->plan->site;
    struct site_guest *g = &s->guest[s->guests];
    struct kv w = {0};
    uint8_t index = 0;
    if (s->guests == CORE_GUESTS - 1)
        return fail(p, "guest", "at most %d guests", CORE_GUESTS - 1);
    if (!kv_next(cursor, &w) || named(p, w.key, 'g', "guest", CORE_GUESTS, &index) != 0 ||
        index != s->guests)
        return fail(p, w.key, "g%d, as guests are numbered in order", s->guests + 1);
    g->home = NO_NODE;
    while (kv_next(cursor, &w))
        if (guest_word(p, g, &w) != 0)
            return -1;
    if (g->home == NO_NODE)
        return fail(p, NULL, "home=");
    g->id = plan_guest_id(s->guests++);
    return 0;
}

static int argument(const struct parser *p, enum op_arg kind, const char *word, int *out)
{
    const struct core_site *s = &p->plan->site;
    uint8_t index = 0;
    uint64_t n = 0;
    int bad = 0;
    switch (kind) {
    case ARG_NONE:
        return word == NULL ? 0 : fail(p, word, "no more words");
    case ARG_NODE:
        bad = named(p, word, 'n', "node", s->nodes, &index);
        break;
    case ARG_GUEST:
        bad = named(p, word, 'g', "guest", s->guests, &index);
        break;
    case ARG_MIRROR:
        bad = named(p, word, 'm', "mirror", s->mirrors, &index);
        break;
    case ARG_NUMBER:
        bad = number(p, word, 3600000, &n);
        index = 0;
        break;
    }
    *out = kind == ARG_NUMBER ? (int)n : index;
    return bad;
}

static int at_line(const struct parser *p, char **cursor)
{
    struct plan *q = p->plan;
    struct op *op = &q->op[q->ops];
    struct kv w[6] = {{0}};
    enum op_kind kind = 0;
    if (q->ops == WORLD_OPS)
        return fail(p, "at", "at most %d operations", WORLD_OPS);
    for (int i = 0; i < 6; i++)
        kv_next(cursor, &w[i]);
    if (seconds(p, w[0].key, &op->at) != 0)
        return -1;
    if (q->ops > 0 && op->at < op[-1].at)
        return fail(p, w[0].key, "operations in the order of time");
    while (kind < OP_KINDS && (w[1].key == NULL || strcmp(op_info[kind].name, w[1].key) != 0))
        kind++;
    if (kind == OP_KINDS)
        return fail(p, w[1].key, "an operation, as listed in relevo-sim(1)");
    op->kind = kind;
    const enum op_arg args[] = {op_info[kind].a, op_info[kind].b, op_info[kind].c, ARG_NONE};
    int *const to[] = {&op->a, &op->b, &op->c, NULL};
    for (int i = 0, word = 2; i < 4; i++)
        if (argument(p, args[i], w[word].key, to[i]) != 0)
            return -1;
        else if (args[i] == ARG_NONE)
            break;
        else
            word++;
    if (kind == OP_REPAIR && q->repair == 0)
        q->repair = op->at;
    q->ops++;
    return 0;
}

static int breaks_line(const struct parser *p, char **cursor)
{
    struct kv w = {0};
    kv_next(cursor, &w);
    for (int v = BROKE_S1; v < VERDICTS; v++)
        if (w.key != NULL && strcmp(w.key, verdict_names[v]) == 0) {
            p->plan->violation = v;
            return 0;
        }
    return fail(p, w.key, "S1, S2, S3, liveness or expect");
}

static int fence_line(const struct parser *p, char **cursor)
{
    struct kv w = {0};
    kv_next(cursor, &w);
    bool works = w.key != NULL && strcmp(w.key, "works") == 0;
    if (!works && (w.key == NULL || strcmp(w.key, "silent") != 0))
        return fail(p, w.key, "works or silent");
    p->plan->site.fence_device = true;
    p->plan->fence = works;
    return 0;
}

static int seed_line(const struct parser *p, char **cursor)
{
    struct kv w = {0};
    kv_next(cursor, &w);
    return number(p, w.key, UINT64_MAX, &p->plan->seed);
}

static int end_line(const struct parser *p, char **cursor)
{
    struct kv w = {0};
    kv_next(cursor, &w);
    return seconds(p, w.key, &p->plan->end);
}

static int boot_line(const struct parser *p, char **cursor)
{
    struct kv w = {0};
    uint64_t ms = 0;
    kv_next(cursor, &w);
    if (seconds(p, w.key, &ms) != 0)
        return -1;
    p->plan->boot = (uint32_t)ms;
    return 0;
}

static int wire_line(const struct parser *p, char **cursor)
{
    (void)cursor;
    p->plan->wire = true;
    return 0;
}

static int hole_line(const struct parser *p, char **cursor)
{
    (void)cursor;
    p->plan->hole = true;
    return 0;
}

static const struct {
    const char *word;
    int (*parse)(const struct parser *p, char **cursor);
} lines[] = {{"node", node_line},     {"mirror", mirror_line}, {"guest", guest_line},
             {"timing", timing_line}, {"net", net_line},       {"at", at_line},
             {"breaks", breaks_line}, {"fence", fence_line},   {"seed", seed_line},
             {"end", end_line},       {"boot", boot_line},     {"wire", wire_line},
             {"hole", hole_line}};

static int parse_line(struct parser *p, char *line)
{
    struct kv w;
    char *hash = strchr(line, '#');
    if (hash != NULL)
        *hash = '\0';
    if (!kv_next(&line, &w))
        return 0;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        if (strcmp(lines[i].word, w.key) == 0 && w.value == NULL) {
            if (lines[i].parse(p, &line) != 0)
                return -1;
            return kv_next(&line, &w) ? fail(p, w.key, "no more words") : 0;
        }
    return fail(
        p, w.key,
        "node, mirror, guest, timing, net, at, breaks, fence, seed, end, boot, wire or hole");
}

int scenario_parse(char *text, struct plan *plan, char error[SCENARIO_ERROR])
{
    struct parser p = {.plan = plan, .error = error};
    int last = 0; /* line of the last operation */
    plan_defaults(plan);
    while (text != NULL) {
        char *next = strchr(text, '\n');
        if (next != NULL)
            *next++ = '\0';
        p.line++;
        int ops = plan->ops;
        if (parse_line(&p, text) != 0)
            return -1;
        last = plan->ops > ops ? p.line : last;
        text = next;
    }
    if (plan->site.nodes == 0 || plan->site.guests == 0)
        return fail(&p, "end of file", "at least one node and one guest");
    p.line = last;
    if (last != 0 && plan->op[plan->ops - 1].at > plan->end)
        return fail(&p, "at", "nothing after the end, which is at %llu ms",
                    (unsigned long long)plan->end);
    return 0;
}
