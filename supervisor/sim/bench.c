/* The figures that the simulator can tell, as JSON: times and messages are the model's. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/codec.h"
#include "sim/runner.h"

#define SCENARIOS 200
#define RUNS      51
#define ASKED_AT  60000

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* One line of JSON; configured: what the figure depends on, or NULL. */
static void figure(const char *name, double value, const char *unit, const char *configured)
{
    static const char *comma = "";
    printf("%s  \"%s\": {\"value\": %.6g, \"unit\": \"%s\"", comma, name, value, unit);
    if (configured != NULL)
        printf(", \"configured\": {%s}", configured);
    printf("}");
    comma = ",\n";
}

static int by_size(const void *a, const void *b)
{
    const double *x = a;
    const double *y = b;
    return (*x > *y) - (*x < *y);
}

static double median(double v[RUNS])
{
    qsort(v, RUNS, sizeof(*v), by_size);
    return v[RUNS / 2];
}

/* Random scenarios of ten minutes with four nodes, as many as one core runs in a second. */
static void bench_scenarios(struct world *w)
{
    static struct plan plan;
    double begin = cpu_seconds();
    for (uint64_t seed = 1; seed <= SCENARIOS; seed++) {
        plan_random(&plan, seed, 4);
        world_run(w, &plan);
    }
    figure("sim_scenarios_per_s", SCENARIOS / (cpu_seconds() - begin), "1/s",
           "\"nodes\": 4, \"minutes\": 10, \"cores\": 1");
}

/* One change in a quiet cluster, from the command to the last node that knows it: the median. */
static void bench_change(struct world *w, uint8_t nodes)
{
    static struct plan plan;
    static double ms[RUNS];
    static double messages[RUNS];
    char name[64];
    char configured[64];
    plan_defaults(&plan);
    plan.site.nodes = nodes;
    plan.site.guests = 1;
    plan.site.guest[0] = (struct site_guest){.id = plan_guest_id(0)};
    plan.end = ASKED_AT + 3000;
    plan.ops = 1;
    plan.op[0] = (struct op){.at = ASKED_AT, .kind = OP_DRAIN, .a = nodes - 1};
    for (int i = 0; i < RUNS; i++) {
        plan.seed = 1u + (unsigned)i;
        world_run(w, &plan);
        ms[i] = (double)w->stats.known_at - ASKED_AT;
        messages[i] = (double)w->stats.register_messages;
    }
    snprintf(configured, sizeof(configured), "\"message_delay_ms\": \"1-%u\"", plan.delay);
    snprintf(name, sizeof(name), "sim_change_ms.%u", nodes);
    figure(name, median(ms), "ms", configured);
    snprintf(name, sizeof(name), "sim_change_messages.%u", nodes);
    figure(name, median(messages), "1", NULL);
}

static void bench_value(uint16_t mirrors, const char *name)
{
    static struct ledger v;
    static uint8_t bytes[CODEC_MESSAGE_MAX];
    ledger_init(&v, CORE_NODES);
    v.guests = CORE_GUESTS;
    v.mirrors = mirrors;
    for (int i = 0; i < CORE_GUESTS; i++)
        v.guest[i] = (struct ledger_guest){.id = plan_guest_id(i), .goal = NO_NODE};
    for (int i = 0; i < mirrors; i++)
        v.mirror[i].id = plan_mirror_id(i);
    struct message m = {.kind = MESSAGE_CHOSEN, .to = EVERYBODY, .value = &v};
    figure(name, (double)codec_encode_message(&m, bytes, sizeof(bytes)), "B", NULL);
}

int run_bench(void)
{
    struct world *w = world_new();
    printf("{\n");
    bench_scenarios(w);
    bench_change(w, 3);
    bench_change(w, 5);
    bench_change(w, 16);
    bench_value(0, "ledger_bytes.256_guests");
    bench_value(CORE_MIRRORS, "ledger_bytes.256_guests_256_mirrors");
    printf("\n}\n");
    world_free(w);
    return 0;
}
