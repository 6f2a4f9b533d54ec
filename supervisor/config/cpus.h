/* A set of the host's processors, as xl.cfg(5) writes it: "0-3,5,^1" is 0, 2, 3 and 5. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CPUS_MAX       256 /* Debian's Xen is built for so many (CONFIG_NR_CPUS) */
#define CPUS_TEXT_SIZE 128

struct cpus {
    uint64_t word[CPUS_MAX / 64]; /* all zero: any processor */
};

bool cpus_has(const struct cpus *cpus, unsigned cpu);
bool cpus_any(const struct cpus *cpus);

/* Numbers and ranges, separated by commas; ^ takes away; "all". 0, or -1 if it is not that, or an
 * empty set. */
int cpus_parse(const char *text, struct cpus *cpus);

/* As ranges, "0,2-3,5"; cut with ",..." if it is longer than size. */
void cpus_print(const struct cpus *cpus, char *text, size_t size);
