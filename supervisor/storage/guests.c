/* What the state of LUNs means for the guests whose disks they are. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "storage/role.h"

void multipath_tell_guests(const struct multipath *m, const char *alias, const char *what)
{
    for (uint32_t g = 0; g < m->site->guests; g++) {
        const struct guest *guest = m->site->guest[g];
        for (uint32_t d = 0; d < guest->disks; d++)
            if (multipath_is_disk(guest->disk[d].path, alias))
                log_err("guest %s: %s %s (disk %s)", guest->name, what, alias, guest->disk[d].vdev);
    }
}

static enum guest_disks judge(const struct multipath_status *s)
{
    switch ((enum map_state)s->state) {
    case MAP_GOOD:
    case MAP_DEGRADED:
        return s->exists != 0 ? DISKS_READY : DISKS_MISSING;
    case MAP_QUEUEING:
        return DISKS_WAITING;
    case MAP_LOST:
        return DISKS_LOST;
    case MAP_WAITING:
    case MAP_REFUSED:
    case MAP_REMOVED:
    case MAP_STATES:
        break;
    }
    return DISKS_MISSING;
}

static void explain(const struct guest_disk *disk, const struct site_multipath *want,
                    const struct multipath_status *s, char *why, size_t size)
{
    const char *text = s->text;
    if (text[0] == '\0' && s->state == MAP_WAITING)
        text = s->exists != 0 ? "not looked at yet" : "no path seen";
    snprintf(why, size, "disk %s: LUN %s is %s%s%s", disk->vdev, want->alias,
             map_state_name((enum map_state)s->state), text[0] != '\0' ? ": " : "", text);
}

enum guest_disks multipath_disks(const struct guest *guest, char *why, size_t size, void *multipath)
{
    const struct multipath *m = multipath;
    enum guest_disks worst = DISKS_READY;
    for (uint32_t d = 0; d < guest->disks; d++)
        for (uint32_t i = 0; i < m->site->multipath.maps; i++) {
            const struct site_multipath *want = &m->site->multipath.map[i];
            enum guest_disks how = judge(&m->status[i]);
            if (how <= worst || !multipath_is_disk(guest->disk[d].path, want->alias))
                continue;
            worst = how;
            explain(&guest->disk[d], want, &m->status[i], why, size);
        }
    return worst;
}
