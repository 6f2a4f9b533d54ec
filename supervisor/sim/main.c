/* relevo-sim: see relevo-sim.1. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/runner.h"
#include "sim/scenario.h"

#define FILE_MOST 65536

static const char usage[] =
    "usage: relevo-sim --seeds A-B [--jobs N] [--seconds S] [--junit FILE] [--stats]\n"
    "       relevo-sim --seed N [--trace] [--messages] [--print] [--shrink]\n"
    "       relevo-sim [--trace] [--shrink] [--junit FILE] FILE.scenario...\n"
    "       relevo-sim --mutants [--mutant NAME,...] [--seeds A-B] [--jobs N] [--json FILE]\n"
    "                  [FILE.scenario...]\n"
    "       relevo-sim --mutant NAME ...\n"
    "       relevo-sim --bench\n";

struct options {
    struct campaign campaign;
    bool seeds, one, trace, messages, print, shrink, mutants, bench;
    const char *mutant; /* or several */
    const char *json;
};

static bool read_text(const char *path, char text[FILE_MOST])
{
    FILE *f = fopen(path, "r");
    size_t n = f != NULL ? fread(text, 1, FILE_MOST - 1, f) : 0;
    bool ok = f != NULL && ferror(f) == 0 && feof(f) != 0;
    if (f != NULL)
        fclose(f);
    text[n] = '\0';
    return ok && strlen(text) == n;
}

/* False, with a line: it cannot be read, or not be understood. */
static bool read_scenario(const char *path, struct plan *plan)
{
    static char text[FILE_MOST];
    char error[SCENARIO_ERROR];
    if (!read_text(path, text)) {
        printf("%s: cannot be read, or is longer than %d bytes\n", path, FILE_MOST - 1);
        return false;
    }
    if (scenario_parse(text, plan, error) != 0) {
        printf("%s: %s\n", path, error);
        return false;
    }
    return true;
}

/* Runs one plan. True: it ended as it should. */
static bool run_plan(struct world *w, struct plan *plan, const char *name, const struct options *o)
{
    bool ok = world_run(w, plan) == (enum verdict)plan->violation;
    if (ok)
        printf("%s: ok%s%s\n", name, plan->violation != RUN_OK ? ", breaks as it must: " : "",
               w->text);
    else
        printf("%s: %s at %.3f s: %s\n", name, verdict_names[w->verdict], (double)w->now / 1000,
               w->verdict == RUN_OK ? "should break a rule, and does not" : w->text);
    if (!ok && o->shrink) {
        w->trace = false;
        shrink(w, plan);
        scenario_print(stdout, plan);
        w->trace = o->trace;
        w->messages = o->messages;
    }
    return ok;
}

static int run_files(char **files, int count, const struct options *o)
{
    static struct plan plan;
    struct world *w = world_new();
    FILE *junit = o->campaign.junit != NULL ? fopen(o->campaign.junit, "w") : NULL;
    int failed = 0;
    w->trace = o->trace;
    w->messages = o->messages;
    if (junit != NULL)
        fprintf(junit, "<testsuite name=\"sim-scenarios\">\n");
    for (int i = 0; i < count; i++) {
        bool ok = read_scenario(files[i], &plan) && run_plan(w, &plan, files[i], o);
        failed += !ok;
        if (junit != NULL)
            fprintf(junit, "<testcase classname=\"scenario\" name=\"%s\">%s</testcase>\n", files[i],
                    ok ? "" : "<failure/>");
    }
    if (junit != NULL) {
        fprintf(junit, "</testsuite>\n");
        fclose(junit);
    }
    world_free(w);
    return failed != 0;
}

/* A scenario's name in the table: its file's, without folder and ending. */
static const char *short_name(char *path)
{
    char *slash = strrchr(path, '/');
    char *name = slash != NULL ? slash + 1 : path;
    name[strcspn(name, ".")] = '\0';
    return name;
}

static int run_all_mutants(char **files, int count, const struct options *o)
{
    struct plan *plan = calloc((size_t)count + 1, sizeof(*plan));
    const char **name = calloc((size_t)count + 1, sizeof(*name));
    int failed = plan == NULL || name == NULL;
    for (int i = 0; i < count && !failed; i++) {
        failed = !read_scenario(files[i], &plan[i]);
        name[i] = short_name(files[i]);
    }
    struct scenarios s = {.count = count, .plan = plan, .name = name};
    if (!failed)
        failed = run_mutants(&o->campaign, o->mutant, &s, o->json) != 0;
    free(plan);
    free(name);
    return failed;
}

static int run_one(const struct options *o)
{
    static struct plan plan;
    char name[32];
    struct world *w = world_new();
    plan_random(&plan, o->campaign.first, 0);
    snprintf(name, sizeof(name), "seed %llu", (unsigned long long)plan.seed);
    if (o->print)
        scenario_print(stdout, &plan);
    w->trace = o->trace;
    w->messages = o->messages;
    bool ok = run_plan(w, &plan, name, o);
    world_free(w);
    return !ok;
}

static bool parse_range(const char *s, struct campaign *c)
{
    char *end = NULL;
    c->first = c->last = strtoull(s, &end, 10);
    if (end == s)
        return false;
    if (*end == '-') {
        s = end + 1;
        c->last = strtoull(s, &end, 10);
    }
    return *end == '\0' && end != s && c->last >= c->first;
}

static bool parse_options(int argc, char **argv, struct options *o)
{
    static const struct option longs[] = {
        {"seeds", required_argument, NULL, 's'},
        {"seed", required_argument, NULL, 'n'},
        {"jobs", required_argument, NULL, 'j'},
        {"seconds", required_argument, NULL, 't'},
        {"junit", required_argument, NULL, 'x'},
        {"trace", no_argument, NULL, 'v'},
        {"print", no_argument, NULL, 'p'},
        {"shrink", no_argument, NULL, 'k'},
        {"messages", no_argument, NULL, 'g'},
        {"mutants", no_argument, NULL, 'm'},
        {"bench", no_argument, NULL, 'b'},
        {"mutant", required_argument, NULL, 'u'},
        {"json", required_argument, NULL, 'o'},
        {"stats", no_argument, NULL, 'c'},
        {NULL, 0, NULL, 0},
    };
    *o = (struct options){.campaign = {.first = 1, .last = 3000, .jobs = 1}};
    for (int c; (c = getopt_long(argc, argv, "", longs, NULL)) != -1;) {
        switch (c) {
        case 's':
        case 'n':
            o->seeds = c == 's';
            o->one = c == 'n';
            if (!parse_range(optarg, &o->campaign))
                return false;
            break;
        case 'j':
            o->campaign.jobs = atoi(optarg); /* NOLINT(cert-err34-c): checked below */
            break;
        case 't':
            o->campaign.seconds = (uint32_t)strtoul(optarg, NULL, 10);
            break;
        case 'x':
            o->campaign.junit = optarg;
            break;
        case 'v':
            o->trace = true;
            break;
        case 'g':
            o->trace = o->messages = true;
            break;
        case 'p':
            o->print = true;
            break;
        case 'c':
            o->campaign.stats = true;
            break;
        case 'k':
            o->shrink = true;
            break;
        case 'm':
            o->mutants = true;
            break;
        case 'b':
            o->bench = true;
            break;
        case 'u':
            o->mutant = optarg;
            break;
        case 'o':
            o->json = optarg;
            break;
        default:
            return false;
        }
    }
    return o->campaign.jobs >= 1 && o->campaign.jobs <= 64;
}

int main(int argc, char **argv)
{
    struct options o;
    if (!parse_options(argc, argv, &o)) {
        fputs(usage, stderr);
        return 2;
    }
#ifndef CORE_MUTANTS
    if (o.mutants || o.mutant != NULL) {
        fputs("relevo-sim: deliberate faults are not built in (make mutants builds them)\n",
              stderr);
        return 2;
    }
#endif
    if (o.mutants)
        return run_all_mutants(argv + optind, argc - optind, &o);
    if (o.mutant != NULL && !mutant_choose(o.mutant)) {
        fprintf(stderr, "relevo-sim: --mutant=%s: no such deliberate fault\n", o.mutant);
        return 2;
    }
    if (o.bench)
        return run_bench();
    if (o.one)
        return run_one(&o);
    if (o.seeds)
        return run_seeds(&o.campaign) != 0;
    if (optind < argc)
        return run_files(argv + optind, argc - optind, &o);
    fputs(usage, stderr);
    return 2;
}
