#include "storage/drbd_status.h"

#include <string.h>

#include "base/child.h"
#include "storage/drbd_deed.h"

_Static_assert(sizeof(struct drbd_config) <= CHILD_MESSAGE_MAX, "a full list fits a message");

static bool closed(const char *text, size_t size)
{
    return memchr(text, '\0', size) != NULL;
}

size_t drbd_config_size(uint32_t mirrors)
{
    return offsetof(struct drbd_config, mirror) + mirrors * sizeof(struct site_drbd);
}

bool drbd_config_ok(const void *data, size_t size)
{
    const struct drbd_config *c = data;
    if (size < drbd_config_size(0) || c->mirrors > SITE_DRBDS_MAX ||
        size != drbd_config_size(c->mirrors))
        return false;
    for (uint32_t i = 0; i < c->mirrors; i++)
        if (!drbd_mirror_ok(&c->mirror[i]))
            return false;
    return true;
}

bool drbd_status_ok(const void *data, size_t size, uint32_t mirrors)
{
    const struct drbd_status *s = data;
    return size == sizeof *s && s->mirror < mirrors && s->condition < DRBD_CONDITIONS &&
           s->use < DRBD_USES && closed(s->text, sizeof s->text) &&
           closed(s->refused, sizeof s->refused);
}

bool drbd_wish_ok(const void *data, size_t size, uint32_t mirrors)
{
    const struct drbd_wish *w = data;
    return size == sizeof *w && w->mirror < mirrors && w->use < DRBD_USES && w->order < DRBD_ORDERS;
}
