#include "guest/messages.h"

#include <string.h>

#include "base/child.h"

_Static_assert(sizeof(struct message_domains) <= CHILD_MESSAGE_MAX, "a full list fits a message");
_Static_assert(sizeof(struct message_job) <= CHILD_MESSAGE_MAX, "a job fits a message");

size_t message_domains_size(uint32_t count)
{
    return offsetof(struct message_domains, domain) + count * sizeof(struct xen_domain);
}

static bool closed(const char *text, size_t size)
{
    return memchr(text, '\0', size) != NULL;
}

static bool guest_ok(const struct guest *g)
{
    if (g->disks > GUEST_DISKS_MAX || g->vifs > GUEST_VIFS_MAX ||
        (g->type != GUEST_PV && g->type != GUEST_PVH) || g->tsc_mode >= TSC_MODES ||
        g->vcpus == 0 || g->maxvcpus > GUEST_VCPUS_MAX || g->vcpus > g->maxvcpus)
        return false;
    for (uint32_t i = 0; i < g->disks; i++)
        if (!closed(g->disk[i].path, sizeof g->disk[i].path) ||
            !closed(g->disk[i].vdev, sizeof g->disk[i].vdev))
            return false;
    for (uint32_t i = 0; i < g->vifs; i++)
        if (!closed(g->vif[i].bridge, sizeof g->vif[i].bridge) ||
            !closed(g->vif[i].ip, sizeof g->vif[i].ip) ||
            !closed(g->vif[i].ifname, sizeof g->vif[i].ifname))
            return false;
    return closed(g->name, sizeof g->name) && guest_name_ok(g->name) &&
           closed(g->kernel, sizeof g->kernel) && closed(g->ramdisk, sizeof g->ramdisk) &&
           closed(g->cmdline, sizeof g->cmdline);
}

static bool domains_ok(const struct message_domains *m, size_t size)
{
    if (size < message_domains_size(0) || m->count > XEN_DOMAINS_MAX ||
        size != message_domains_size(m->count))
        return false;
    for (uint32_t i = 0; i < m->count; i++)
        if (!closed(m->domain[i].name, sizeof m->domain[i].name) ||
            m->domain[i].state >= XEN_STATES || m->domain[i].end >= GUEST_END_COUNT)
            return false;
    return true;
}

bool message_ok(const void *data, size_t size)
{
    uint32_t type;
    if (size < sizeof type)
        return false;
    memcpy(&type, data, sizeof type);
    switch ((enum message_type)type) {
    case MESSAGE_CREATE:
    case MESSAGE_DESTROY:
    case MESSAGE_DESTROY_UNBUILT:
    case MESSAGE_SHUTDOWN:
    case MESSAGE_DISKS:
    case MESSAGE_ATTACH:
    case MESSAGE_DETACH:
        return size == sizeof(struct message_job) &&
               guest_ok(&((const struct message_job *)data)->guest);
    case MESSAGE_DONE:
        return size == sizeof(struct message_done) &&
               closed(((const struct message_done *)data)->error,
                      sizeof((struct message_done *)0)->error);
    case MESSAGE_LIST:
        return size == sizeof(struct message_list);
    case MESSAGE_DOMAINS:
        return domains_ok(data, size);
    }
    return false;
}
