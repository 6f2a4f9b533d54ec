/* The simulator's one source of chance. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct prng {
    uint64_t s;
};

static inline uint64_t prng_next(struct prng *p) /* splitmix64 */
{
    uint64_t z = p->s += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

/* 0 … below-1; below is at least 1. */
static inline uint32_t prng_below(struct prng *p, uint32_t below)
{
    return (uint32_t)((prng_next(p) >> 32) * below >> 32);
}

/* least … most. */
static inline uint32_t prng_range(struct prng *p, uint32_t least, uint32_t most)
{
    return least + prng_below(p, most - least + 1);
}

static inline bool prng_percent(struct prng *p, uint32_t percent)
{
    return prng_below(p, 100) < percent;
}
