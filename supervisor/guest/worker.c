#include "guest/worker.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/child.h"
#include "base/log.h"
#include "base/run_dir.h"
#include "guest/disks.h"
#include "guest/last_words.h"
#include "guest/messages.h"
#include "storage/drbd_promote.h"

/* One worker at a time on one guest, also across relevod's death: its workers die with it, but not
 * always at once. The lock goes with the process. */
static int lock_guest(const char *name, struct err *e)
{
    char path[PATH_MAX];
    if (run_path(path, sizeof path, "locks", name) != 0)
        return err_set(e, "path of the lock too long");
    static int lock; /* held to the end of the process */
    lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0 || flock(lock, LOCK_EX) != 0) /* waits; the worker's deadline bounds it */
        return err_set(e, "%s: %m", path);
    return 0;
}

static bool is_guests(const struct xen_domain *domain, const struct guest *guest)
{
    return strcmp(domain->name, guest->name) == 0 ||
           memcmp(domain->uuid, guest->uuid, sizeof guest->uuid) == 0;
}

/* The guest's domain: domid, or any if domid is 0. Domids are reused: the name or the uuid must fit
 * too. 1 found, 0 not, -1 error. */
static int find(struct xen *xen, const struct message_job *job, uint32_t domid,
                struct xen_domain *found, struct err *e)
{
    static struct xen_domain domain[XEN_DOMAINS_MAX];
    int n = xen_list(xen, domain, XEN_DOMAINS_MAX, e);
    for (int i = 0; i < n; i++)
        if (is_guests(&domain[i], &job->guest) && (domid == 0 || domain[i].domid == domid)) {
            *found = domain[i];
            return 1;
        }
    return n < 0 ? -1 : 0;
}

static int create(struct xen *xen, const struct message_job *job, uint32_t *domid, struct err *e)
{
    struct xen_domain other;
    int exists = find(xen, job, 0, &other, e);
    if (exists < 0)
        return -1;
    if (exists > 0)
        return err_set(e, "domain %u has its name or uuid already", other.domid);
    if (drbd_promote_disks(&job->guest, e) != 0)
        return -1;
    return xen_create(xen, &job->guest, domid, e);
}

static int attach(struct xen *xen, uint32_t domid, const struct guest_disk *disk, struct err *e)
{
    struct guest_disk now[XEN_DISKS_MAX];
    int n = xen_disks(xen, domid, now, XEN_DISKS_MAX, e);
    for (int i = 0; i < n; i++)
        if (strcmp(now[i].vdev, disk->vdev) == 0)
            return err_set(e, "it has such a disk already, %s", now[i].path);
    return n < 0 ? -1 : xen_attach(xen, domid, disk, e);
}

/* Its end is not made to wait for them, nor to fail. */
static void keep_last_words(struct xen *xen, const struct xen_domain *domain, const char *name)
{
    static char text[XEN_CONSOLE_SIZE];
    struct err e;
    if (xen_last_words(xen, domain->domid, text, &e) == 0)
        last_words_log(name, text, sizeof text);
    else
        log_info("guest %s: what it said last is not known: %s", name, e.text);
}

static int on_existing(struct xen *xen, const struct message_job *job, struct err *e)
{
    struct xen_domain domain;
    int exists = find(xen, job, job->domid, &domain, e);
    if (exists <= 0)
        return exists; /* gone: that is what was wanted */
    if (job->type == MESSAGE_DISKS)
        return disks_change(xen, domain.domid, &job->guest, e);
    if (job->type == MESSAGE_ATTACH)
        return attach(xen, domain.domid, &job->guest.disk[0], e);
    if (job->type == MESSAGE_DETACH)
        return xen_detach(xen, domain.domid, job->guest.disk[0].vdev, e);
    if (job->type == MESSAGE_SHUTDOWN)
        return xen_shutdown(xen, domain.domid, e);
    if (job->type == MESSAGE_DESTROY_UNBUILT && domain.state != XEN_UNBUILT)
        return 0; /* its builder got it done after all */
    if (domain.state == XEN_ENDED && domain.end == GUEST_END_CRASH)
        keep_last_words(xen, &domain, job->guest.name);
    return xen_destroy(xen, domain.domid, e);
}

static int work(const struct message_job *job, uint32_t *domid, struct err *e)
{
    if (lock_guest(job->guest.name, e) != 0)
        return -1;
    struct xen *xen = xen_open(e);
    if (xen == NULL)
        return -1;
    int result =
        job->type == MESSAGE_CREATE ? create(xen, job, domid, e) : on_existing(xen, job, e);
    xen_close(xen);
    return result;
}

int guest_worker_role(void)
{
    static struct message_job job;
    ptrdiff_t size = role_receive(&job, sizeof job);
    if (size == 0)
        return 0;
    bool sane = size > 0 && message_ok(&job, (size_t)size) && job.type < MESSAGE_DONE;
    struct err e = {.text = ""};
    struct message_done done = {.type = MESSAGE_DONE};
    done.result =
        sane ? work(&job, &done.domid, &e) : err_set(&e, "the worker got a broken message");
    memcpy(done.error, e.text, sizeof done.error);
    return role_send(&done, sizeof done) == 0 ? 0 : 1;
}
