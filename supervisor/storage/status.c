#include "storage/status.h"

#include <string.h>

static bool closed(const char *text, size_t size)
{
    return memchr(text, '\0', size) != NULL;
}

static bool path_ok(const struct multipath_path *p)
{
    return closed(p->name, sizeof p->name) && closed(p->hctl, sizeof p->hctl) &&
           closed(p->state, sizeof p->state) && closed(p->text, sizeof p->text) &&
           p->verdict < VERDICTS && p->access < ACCESSES;
}

bool multipath_request_ok(const void *data, size_t size, uint32_t maps)
{
    const struct multipath_request *r = data;
    return size == sizeof *r && r->type >= MULTIPATH_RESCAN && r->type <= MULTIPATH_RELEASE &&
           r->delete_paths <= 1 &&
           (r->map < maps || (r->type != MULTIPATH_REMOVE && r->type != MULTIPATH_ADD));
}

bool multipath_status_ok(const void *data, size_t size, uint32_t maps)
{
    const struct multipath_status *s = data;
    if (size != sizeof *s || s->map >= maps || s->state >= MAP_STATES ||
        s->groups > MAP_PATHS_MAX || s->paths > MAP_PATHS_MAX ||
        !closed(s->handler, sizeof s->handler) || !closed(s->selector, sizeof s->selector) ||
        !closed(s->text, sizeof s->text))
        return false;
    for (uint32_t i = 0; i < s->paths; i++)
        if (!path_ok(&s->path[i]))
            return false;
    return true;
}
