#include "storage/config.h"

#include <string.h>

#include "base/child.h"

_Static_assert(sizeof(struct multipath_config) <= CHILD_MESSAGE_MAX, "a full list fits a message");

static bool closed(const char *text, size_t size)
{
    return memchr(text, '\0', size) != NULL;
}

size_t multipath_config_size(uint32_t maps)
{
    return offsetof(struct multipath_config, map) + maps * sizeof(struct site_multipath);
}

bool multipath_config_ok(const void *data, size_t size)
{
    const struct multipath_config *c = data;
    if (size < multipath_config_size(0) || c->maps > SITE_MULTIPATHS_MAX ||
        size != multipath_config_size(c->maps))
        return false;
    for (uint32_t i = 0; i < c->maps; i++) {
        const struct site_multipath *m = &c->map[i];
        if (!closed(m->alias, sizeof m->alias) || !closed(m->wwid, sizeof m->wwid))
            return false;
        for (int id = 0; id < MULTIPATH_OPTIONS; id++)
            if (!word_option_ok(&multipath_option[id], m->value[id]))
                return false;
    }
    return true;
}
