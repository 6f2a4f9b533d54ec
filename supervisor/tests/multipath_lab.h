/* A LUN, its paths and the map that device-mapper has of it, in the hands of a test. */
#pragma once
#include "storage/plan.h"
#include "tests/test.h"

#define SIZE 2048ULL

struct san {
    struct site_multipath want;
    struct path path[MAP_PATHS_MAX];
    uint32_t paths;
    struct map map;
    struct plan_memory memory;
    uint64_t now_ms;
    const char *elsewhere;
    struct map_plan plan;
};

/* So many paths that are up, and no map. */
struct san san_with(uint32_t paths);
/* The map of them is there, and used. */
struct san assembled(uint32_t paths);

/* Plans; the steps in words: "reload fail:8:16 switch:0", and the table to load after " = ". */
const char *look(struct san *s);
const char *steps(const struct san *s);
/* Does what the plan says, as the kernel would. */
void apply(struct san *s);

/* A guest reads or writes: the kernel chooses a group. */
void use(struct san *s);
/* The kernel fails a path at an I/O error. */
void io_error_on(struct san *s, uint32_t i);
/* A checker has found that. */
void check(struct san *s, uint32_t i, enum verdict verdict);
