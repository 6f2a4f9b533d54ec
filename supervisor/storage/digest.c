#include "storage/digest.h"

#include <stdio.h>
#include <string.h>

#include "base/hash.h"

#define SALT 5 /* not of anything else that is hashed */

/* The LUN's place in the order of the aliases. */
static uint32_t place_of(const struct multipath_config *config, const char *alias)
{
    uint32_t place = 0;
    for (uint32_t i = 0; i < config->maps; i++)
        place += strcmp(config->map[i].alias, alias) < 0;
    return place;
}

static bool carries(const struct multipath_status *s)
{
    return s->exists != 0 && (s->state == MAP_GOOD || s->state == MAP_DEGRADED);
}

void multipath_digest(const struct multipath_config *config, const struct multipath_status *status,
                      struct multipath_digest *digest)
{
    *digest = (struct multipath_digest){.list = config->maps};
    for (uint32_t i = 0; i < config->maps; i++) {
        char text[MULTIPATH_ALIAS_SIZE + WWID_SIZE];
        uint32_t place = place_of(config, config->map[i].alias);
        snprintf(text, sizeof text, "%s:%s", config->map[i].alias, config->map[i].wwid);
        digest->list += hash_text(text, SALT); /* a sum: the order does not matter */
        if (carries(&status[i]))
            digest->seen[place / 8] |= (uint8_t)(1U << place % 8);
    }
}

bool multipath_is_seen(const struct multipath_digest *digest, const struct multipath_config *config,
                       const char *alias)
{
    for (uint32_t i = 0; i < config->maps; i++)
        if (strcmp(config->map[i].alias, alias) == 0) {
            uint32_t place = place_of(config, alias);
            return (digest->seen[place / 8] >> place % 8 & 1) != 0;
        }
    return false;
}
