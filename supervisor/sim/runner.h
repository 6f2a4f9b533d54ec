/* Many runs: seeds shared out to processes, mutants, figures. */
#pragma once
#include "sim/plan.h"
#include "sim/shrink.h"

struct campaign {
    uint64_t first;
    uint64_t last;
    int jobs;
    uint32_t seconds;  /* stop after so long; 0: only at last */
    const char *junit; /* file to write, or NULL */
    bool stats;        /* print what happened, and how often */
};

extern const char *const verdict_names[VERDICTS];

/* Runs the seeds; prints each failure, its rule and its shrunk scenario. Returns how many failed.
 */
int run_seeds(const struct campaign *c);

struct scenarios {
    int count;
    const struct plan *plan;
    const char *const *name;
};

/* Runs each mutant against the scenarios, then the seeds until one notices; prints a table, and
 * writes it to json (NULL: nowhere). only: names with commas between them; NULL: all. Returns how
 * many were not noticed at all. */
int run_mutants(const struct campaign *c, const char *only, const struct scenarios *s,
                const char *json);

/* Switches one on for whatever is run from now on. False: there is none of that name. */
bool mutant_choose(const char *name);

/* Prints the figures as JSON. */
int run_bench(void);
