#include "config/cpus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool cpus_has(const struct cpus *cpus, unsigned cpu)
{
    return (cpus->word[cpu / 64] >> cpu % 64 & 1) != 0;
}

bool cpus_any(const struct cpus *cpus)
{
    static const struct cpus none;
    return memcmp(cpus, &none, sizeof none) == 0;
}

static void set(struct cpus *cpus, unsigned cpu, bool in)
{
    uint64_t bit = UINT64_C(1) << cpu % 64;
    cpus->word[cpu / 64] = in ? cpus->word[cpu / 64] | bit : cpus->word[cpu / 64] & ~bit;
}

/* A processor's number at the text; NULL, or where it ends. */
static const char *number(const char *text, unsigned *value)
{
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 3)
        return NULL;
    *value = (unsigned)strtoul(text, NULL, 10);
    return *value < CPUS_MAX ? text + digits : NULL;
}

/* "N", "N-M" or one of them after a ^. NULL, or where it ends. */
static const char *part(const char *text, struct cpus *cpus)
{
    bool in = *text != '^';
    unsigned first;
    text = number(in ? text : text + 1, &first);
    if (text == NULL)
        return NULL;
    unsigned last = first;
    if (*text == '-')
        text = number(text + 1, &last);
    if (text == NULL || last < first)
        return NULL;
    for (unsigned cpu = first; cpu <= last; cpu++)
        set(cpus, cpu, in);
    return text;
}

int cpus_parse(const char *text, struct cpus *cpus)
{
    *cpus = (struct cpus){0};
    if (strcmp(text, "all") == 0)
        return 0;
    while ((text = part(text, cpus)) != NULL && *text == ',')
        text++;
    return text != NULL && *text == '\0' && !cpus_any(cpus) ? 0 : -1;
}

void cpus_print(const struct cpus *cpus, char *text, size_t size)
{
    size_t used = 0;
    snprintf(text, size, "%s", cpus_any(cpus) ? "all" : "");
    for (unsigned cpu = 0, last; cpu < CPUS_MAX; cpu = last + 1) {
        last = cpu;
        if (!cpus_has(cpus, cpu))
            continue;
        while (last + 1 < CPUS_MAX && cpus_has(cpus, last + 1))
            last++;
        char range[16];
        const char *comma = used > 0 ? "," : "";
        int n = cpu == last ? snprintf(range, sizeof range, "%s%u", comma, cpu)
                            : snprintf(range, sizeof range, "%s%u-%u", comma, cpu, last);
        bool fits = used + (size_t)n + sizeof ",..." <= size;
        used += (size_t)snprintf(text + used, size - used, "%s", fits ? range : ",...");
        if (!fits)
            return;
    }
}
