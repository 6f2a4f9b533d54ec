/* Shows that the oracles bite: each deliberate fault in core/ must be noticed. */
#include "sim/mutants.h"

#include <stdio.h>
#include <stdlib.h>

#include "sim/runner.h"

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

static int by_number(const void *a, const void *b)
{
    const uint64_t *x = a;
    const uint64_t *y = b;
    return (*x > *y) - (*x < *y);
}

int run_mutants(const struct campaign *c)
{
    static struct plan plan;
    uint64_t after[M_COUNT] = {0};
    int caught = 0;
    struct world *w = world_new();
    printf("%-22s %-4s %-9s %6s  %s\n", "mutant", "rule", "caught by", "seeds", "what it does");
    for (int m = M_NONE + 1; m < M_COUNT; m++) {
        enum verdict v = RUN_OK;
        uint64_t seed = c->first;
        mutant_active = (enum mutant)m;
        for (; seed <= c->last && v == RUN_OK; seed++) {
            /* Ordinary seeds and hostile ones in turn. */
            plan_random(&plan, seed % 2 == 0 ? seed * HOSTILE_EVERY : seed, 0);
            v = world_run(w, &plan);
        }
        if (v != RUN_OK)
            after[caught++] = seed - c->first;
        printf("%-22s %-4s %-9s %6llu  %s\n", mutant_info[m].name + 2, mutant_info[m].rule,
               v == RUN_OK ? "NOTHING" : verdict_names[v], (unsigned long long)(seed - c->first),
               mutant_info[m].text);
        fflush(stdout);
    }
    mutant_active = M_NONE;
    world_free(w);
    qsort(after, (size_t)caught, sizeof(after[0]), by_number);
    printf("%d of %d mutants caught, the median after %llu seeds\n", caught, M_COUNT - 1,
           (unsigned long long)(caught > 0 ? after[caught / 2] : 0));
    return M_COUNT - 1 - caught;
}
