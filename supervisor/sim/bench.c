/* The figures that the simulator can tell, as JSON: times and messages are the model's. */
#include <stdio.h>
#include <time.h>

#include "core/codec.h"
#include "sim/runner.h"

#define SCENARIOS 200
#define ASKED_AT  60000

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void figure(const char *name, double value, const char *unit, bool last)
{
    printf("  \"%s\": {\"value\": %.6g, \"unit\": \"%s\"}%s\n", name, value, unit, last ? "" : ",");
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
    figure("sim_scenarios_per_s", SCENARIOS / (cpu_seconds() - begin), "1/s", false);
}

/* One change in a quiet cluster, from the command to the last node that knows it. */
static void bench_change(struct world *w, uint8_t nodes)
{
    static struct plan plan;
    char name[64];
    plan_defaults(&plan);
    plan.site.nodes = nodes;
    plan.site.guests = 1;
    plan.site.guest[0] = (struct site_guest){.id = plan_guest_id(0)};
    plan.end = ASKED_AT + 3000;
    plan.ops = 1;
    plan.op[0] = (struct op){.at = ASKED_AT, .kind = OP_DRAIN, .a = nodes - 1};
    world_run(w, &plan);
    snprintf(name, sizeof(name), "sim_change_ms.%u", nodes);
    figure(name, (double)w->stats.known_at - ASKED_AT, "ms", false);
    snprintf(name, sizeof(name), "sim_change_messages.%u", nodes);
    figure(name, (double)w->stats.register_messages, "1", false);
}

static void bench_value(void)
{
    static struct ledger v;
    static uint8_t bytes[CODEC_MESSAGE_MAX];
    ledger_init(&v, CORE_NODES);
    v.guests = CORE_GUESTS;
    for (int i = 0; i < CORE_GUESTS; i++)
        v.guest[i] = (struct ledger_guest){.id = plan_guest_id(i), .goal = NO_NODE};
    struct message m = {.kind = MESSAGE_CHOSEN, .to = EVERYBODY, .value = &v};
    figure("ledger_bytes.256_guests", (double)codec_encode_message(&m, bytes, sizeof(bytes)), "B",
           true);
}

int run_bench(void)
{
    struct world *w = world_new();
    printf("{\n");
    bench_scenarios(w);
    bench_change(w, 3);
    bench_change(w, 5);
    bench_change(w, 16);
    bench_value();
    printf("}\n");
    world_free(w);
    return 0;
}
