#include "network/status.h"

#include <string.h>

static bool closed(const char *text, size_t size)
{
    return memchr(text, '\0', size) != NULL;
}

bool network_status_ok(const void *data, size_t size)
{
    const struct network_status *s = data;
    if (size != sizeof *s || s->type != NETWORK_STATUS || s->pieces > NETWORK_PIECES_MAX)
        return false;
    for (uint32_t i = 0; i < s->pieces; i++)
        if (!closed(s->piece[i].kind, sizeof s->piece[i].kind) ||
            !closed(s->piece[i].name, sizeof s->piece[i].name) ||
            !closed(s->piece[i].text, sizeof s->piece[i].text))
            return false;
    return true;
}

bool network_vifs_ok(const void *data, size_t size)
{
    const struct network_vifs *s = data;
    if (size != sizeof *s || s->type != NETWORK_VIFS || s->vifs > VIFS_MAX)
        return false;
    for (uint32_t i = 0; i < s->vifs; i++)
        if (!closed(s->vif[i].name, sizeof s->vif[i].name) ||
            !closed(s->vif[i].bridge, sizeof s->vif[i].bridge) ||
            !closed(s->vif[i].text, sizeof s->vif[i].text))
            return false;
    return true;
}

bool network_view_take(struct network_view *view, const void *data, size_t size)
{
    if (network_status_ok(data, size))
        memcpy(&view->status, data, sizeof view->status);
    else if (network_vifs_ok(data, size))
        memcpy(&view->vifs, data, sizeof view->vifs);
    else
        return false;
    return true;
}
