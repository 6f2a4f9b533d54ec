/* A plan as the text of a scenario. */
#include "sim/ops.h"
#include "sim/runner.h"
#include "sim/scenario.h"

static void print_list(FILE *f, const char *key, char letter, const uint8_t *of, int count)
{
    for (int i = 0; i < count; i++)
        fprintf(f, "%s%c%d", i == 0 ? key : ",", letter, of[i] + 1);
}

static void print_guest(FILE *f, int index, const struct site_guest *g)
{
    fprintf(f, "guest g%d home=n%d", index + 1, g->home + 1);
    print_list(f, " peers=", 'n', g->peer, g->peers);
    print_list(f, " mirrors=", 'm', g->mirror, g->mirrors);
    print_list(f, " after=", 'g', g->after, g->afters);
    if (g->priority != 0)
        fprintf(f, " priority=%d", g->priority);
    if (g->apart != 0)
        fprintf(f, " apart=%u", g->apart);
    if (g->together != 0)
        fprintf(f, " together=%u", g->together);
    if (g->memory_mib != 0)
        fprintf(f, " memory=%u", g->memory_mib);
    fprintf(f, "%s%s\n", g->live ? " live" : "", g->failback ? " failback" : "");
}

static void print_time(FILE *f, uint64_t ms)
{
    fprintf(f, "%llu.%03u", (unsigned long long)(ms / 1000), (unsigned)(ms % 1000));
}

static void print_argument(FILE *f, enum op_arg kind, int value)
{
    switch (kind) {
    case ARG_NONE:
        break;
    case ARG_NODE:
        fprintf(f, " n%d", value + 1);
        break;
    case ARG_GUEST:
        fprintf(f, " g%d", value + 1);
        break;
    case ARG_MIRROR:
        fprintf(f, " m%d", value + 1);
        break;
    case ARG_NUMBER:
        fprintf(f, " %d", value);
        break;
    }
}

static void print_times(FILE *f, const struct plan *plan)
{
    const struct timing *t = &plan->site.timing;
    fprintf(f, "seed %llu\nend ", (unsigned long long)plan->seed);
    print_time(f, plan->end);
    fprintf(f, "\nboot ");
    print_time(f, plan->boot);
    fprintf(f,
            "\ntiming beat=%u lease=%u watchdog=%u silence=%u wait=%u margin=%u drift=%u stop=%u "
            "settle=%u\n",
            t->beat, t->lease, t->watchdog, t->silence, t->wait, t->margin, t->drift_ppm, t->stop,
            t->settle);
    fprintf(f, "net delay=%u loss=%u late=%u late-ms=%u twice=%u\n", plan->delay, plan->loss,
            plan->late, plan->late_ms, plan->twice);
}

static void print_site(FILE *f, const struct plan *plan)
{
    const struct core_site *s = &plan->site;
    for (uint8_t i = 0; i < s->nodes; i++) {
        fprintf(f, "node n%d%s%s", i + 1, s->node[i].witness ? " witness" : "",
                node_in(plan->journal, i) ? " state" : "");
        if (s->node[i].memory_mib != 0)
            fprintf(f, " memory=%u", s->node[i].memory_mib);
        fputc('\n', f);
    }
    for (int i = 0; i < s->mirrors; i++)
        fprintf(f, "mirror m%d n%d n%d\n", i + 1, s->mirror[i].node[0] + 1,
                s->mirror[i].node[1] + 1);
    for (int i = 0; i < s->guests; i++)
        print_guest(f, i, &s->guest[i]);
}

static void print_op(FILE *f, const struct op *o)
{
    fprintf(f, "at ");
    print_time(f, o->at);
    fprintf(f, " %s", op_info[o->kind].name);
    print_argument(f, op_info[o->kind].a, o->a);
    print_argument(f, op_info[o->kind].b, o->b);
    print_argument(f, op_info[o->kind].c, o->c);
    fputc('\n', f);
}

void scenario_print(FILE *f, const struct plan *plan)
{
    print_times(f, plan);
    if (plan->hole)
        fprintf(f, "hole\n");
    if (plan->wire)
        fprintf(f, "wire\n");
    if (plan->site.fence_device)
        fprintf(f, "fence %s\n", plan->fence ? "works" : "silent");
    if (plan->violation != RUN_OK)
        fprintf(f, "breaks %s\n", verdict_names[plan->violation]);
    print_site(f, plan);
    for (int i = 0; i < plan->ops; i++)
        print_op(f, &plan->op[i]);
}
