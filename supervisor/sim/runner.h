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
};

extern const char *const verdict_names[VERDICTS];

/* Runs the seeds; prints each failure, its rule and its shrunk scenario. Returns how many failed.
 */
int run_seeds(const struct campaign *c);

/* Runs each mutant until it is caught, and prints a table. Returns how many were not. */
int run_mutants(const struct campaign *c);

/* Prints the figures as JSON. */
int run_bench(void);
