/* Shows that the oracles bite: each deliberate fault in core/ must be noticed, by a scenario that
 * is aimed at it or by some seed. */
#include "sim/mutants.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/runner.h"

#define AIMED_TRIES 400

enum mutant mutant_active = M_NONE;

static const struct {
    const char *name;
    const char *rule;
    const char *text;
} mutant_info[M_COUNT] = {
#define MUTANT_ROW(name, rule, text) [name] = {#name, rule, text},
    MUTANTS(MUTANT_ROW)
#undef MUTANT_ROW
};

struct catch
{
    enum verdict by_seed, by_scenario;
    uint64_t seeds; /* tried until one noticed, or all */
    int scenario;
};

static const char *name_of(int m)
{
    return mutant_info[m].name + strlen("M_");
}

bool mutant_choose(const char *name)
{
    for (int m = M_NONE + 1; m < M_COUNT; m++)
        if (strcmp(name_of(m), name) == 0) {
            mutant_active = (enum mutant)m;
            return true;
        }
    return false;
}

/* Whether the list, of names with commas between them, has this one; NULL: it has all. */
static bool is_listed(const char *list, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = list; at != NULL; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, name, length) == 0 && (at[length] == ',' || at[length] == '\0'))
            return true;
    }
    return list == NULL;
}

/* A scenario is aimed at the mutant that it is named after: echo-suspects at ECHO_SUSPECTS. */
static bool is_aimed(const char *scenario, int m)
{
    const char *name = name_of(m);
    size_t i = 0;
    while (name[i] != '\0' && (name[i] == '_' ? '-' : tolower(name[i])) == scenario[i])
        i++;
    return name[i] == '\0' && scenario[i] == '\0';
}

/* What breaks with the fault and not without it. */
static enum verdict verdict_of(struct world *w, const struct plan *plan, int m)
{
    mutant_active = (enum mutant)m;
    enum verdict v = world_run(w, plan);
    mutant_active = M_NONE;
    return v != RUN_OK && world_run(w, plan) == RUN_OK ? v : RUN_OK;
}

static void try_scenario(struct world *w, const struct scenarios *s, int k, int tries, int m,
                         struct catch *found)
{
    static struct plan plan;
    plan = s->plan[k];
    for (int i = 0; i < tries && plan.violation == RUN_OK && found->by_scenario == RUN_OK; i++) {
        found->by_scenario = verdict_of(w, &plan, m);
        found->scenario = k;
        plan.seed++;
    }
}

/* The aimed one with other seeds than its own, too, as its times hit by chance; then the rest. */
static void try_scenarios(struct world *w, const struct scenarios *s, int m, struct catch *found)
{
    for (int k = 0; k < s->count; k++)
        if (is_aimed(s->name[k], m))
            try_scenario(w, s, k, AIMED_TRIES, m, found);
    for (int k = 0; k < s->count; k++)
        try_scenario(w, s, k, 1, m, found);
}

static void try_one(struct world *w, const struct campaign *c, const struct scenarios *s, int m,
                    struct catch *found)
{
    static struct plan plan;
    try_scenarios(w, s, m, found);
    for (uint64_t seed = c->first; seed <= c->last && found->by_seed == RUN_OK; seed++) {
        plan_random(&plan, seed, 0);
        found->by_seed = verdict_of(w, &plan, m);
        found->seeds++;
    }
}

/* One process's share: every jobs-th mutant. */
static void share(const struct campaign *c, const char *only, const struct scenarios *s, int job,
                  struct catch found[M_COUNT])
{
    struct world *w = world_new();
    for (int m = M_NONE + 1 + job; m < M_COUNT; m += c->jobs)
        if (is_listed(only, name_of(m)))
            try_one(w, c, s, m, &found[m]);
    world_free(w);
}

static void write_json(const char *path, const char *only, const struct scenarios *s,
                       const struct catch found[M_COUNT])
{
    FILE *f = path != NULL ? fopen(path, "w") : NULL;
    const char *comma = "";
    if (f == NULL)
        return;
    fprintf(f, "[");
    for (int m = M_NONE + 1; m < M_COUNT; m++) {
        const struct catch *x = &found[m];
        if (!is_listed(only, name_of(m)))
            continue;
        fprintf(f, "%s\n  {\"name\": \"%s\", \"rule\": \"%s\", \"caught\": %s", comma, name_of(m),
                mutant_info[m].rule, x->by_seed || x->by_scenario ? "true" : "false");
        if (x->by_seed != RUN_OK)
            fprintf(f, ", \"seeds\": %llu", (unsigned long long)x->seeds);
        else
            fprintf(f, ", \"seeds\": null");
        if (x->by_scenario != RUN_OK)
            fprintf(f, ", \"scenario\": \"%s\"", s->name[x->scenario]);
        fprintf(f, "}");
        comma = ",";
    }
    fprintf(f, "\n]\n");
    fclose(f);
}

static int by_number(const void *a, const void *b)
{
    const uint64_t *x = a;
    const uint64_t *y = b;
    return (*x > *y) - (*x < *y);
}

/* Prints the table, and returns how many escaped. */
static int report(const char *only, const struct scenarios *s, const struct catch found[M_COUNT])
{
    uint64_t after[M_COUNT] = {0};
    int caught = 0;
    int seeded = 0;
    int tried = 0;
    printf("%-17s %-4s %-9s %5s  %-24s %s\n", "mutant", "rule", "caught by", "seeds", "scenario",
           "what it does");
    for (int m = M_NONE + 1; m < M_COUNT; m++) {
        const struct catch *x = &found[m];
        if (!is_listed(only, name_of(m)))
            continue;
        enum verdict v = x->by_seed != RUN_OK ? x->by_seed : x->by_scenario;
        char seeds[24] = "-";
        if (x->by_seed != RUN_OK) {
            snprintf(seeds, sizeof(seeds), "%llu", (unsigned long long)x->seeds);
            after[seeded++] = x->seeds;
        }
        tried++;
        caught += v != RUN_OK;
        printf("%-17s %-4s %-9s %5s  %-24s %s\n", name_of(m), mutant_info[m].rule,
               v == RUN_OK ? "NOTHING" : verdict_names[v], seeds,
               x->by_scenario != RUN_OK ? s->name[x->scenario] : "-", mutant_info[m].text);
    }
    qsort(after, (size_t)seeded, sizeof(after[0]), by_number);
    printf("%d of %d mutants caught, %d of them by seeds, the median after %llu\n", caught, tried,
           seeded, (unsigned long long)(seeded > 0 ? after[seeded / 2] : 0));
    return tried - caught;
}

int run_mutants(const struct campaign *c, const char *only, const struct scenarios *s,
                const char *json)
{
    size_t size = M_COUNT * sizeof(struct catch);
    struct catch *found =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int lost = 0;
    if (found == MAP_FAILED)
        return 1;
    fflush(stdout);
    for (int job = 0; job < c->jobs; job++) {
        pid_t child = fork();
        lost += child < 0;
        if (child == 0) {
            share(c, only, s, job, found);
            _exit(0);
        }
    }
    for (int status = 0; wait(&status) > 0;)
        lost += status != 0;
    if (lost > 0)
        printf("%d of %d processes did not end well\n", lost, c->jobs);
    write_json(json, only, s, found);
    int escaped = report(only, s, found);
    munmap(found, size);
    return escaped + lost;
}
