/* xen.h without Xen: the world is the folder $RELEVO_FAKE_XEN, where tests look and meddle.
 *
 *   domains/ID     one domain: "name=web uuid=… state=running end=crash paused=0"
 *   disks.ID       its disks, a line "VDEV r|w PATH" for each
 *   diary          one line per deed, with its time in ms: "create 3 web 5000", "run", "shutdown",
 *                  "end" (it has shut down), "destroy", "attach 3 web/xvdb 5000"
 *   fail.NAME      a create of NAME fails with this file's text
 *   hang.NAME      a create of NAME never ends, half-built
 *   late.NAME      a create of NAME does not end while this is there, though NAME runs
 *   deaf.NAME      NAME does not shut down when asked
 *   linger         destroyed domains stay dying until the test removes them
 *   nodisk.VDEV    such a disk cannot be attached
 *   mounted.VDEV   such a disk is not given back
 *   console.ID     what this domain wrote last to its console
 *   slow_ms        how long building a domain takes */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/kv.h"
#include "guest/xen.h"

struct xen {
    const char *world;
    int watch;
};

static const char *const state_names[XEN_STATES] = {"unbuilt", "running", "ended", "dying"};

struct xen *xen_open(struct err *e)
{
    struct xen *xen = malloc(sizeof *xen);
    if (xen != NULL)
        *xen = (struct xen){.world = getenv("RELEVO_FAKE_XEN"), .watch = -1};
    if (xen == NULL || xen->world == NULL || access(xen->world, R_OK) != 0) {
        err_set(e, "no fake Xen");
        free(xen);
        return NULL;
    }
    return xen;
}

void xen_close(struct xen *xen)
{
    if (xen->watch >= 0)
        close(xen->watch);
    free(xen);
}

static void path_of(const struct xen *xen, char path[PATH_MAX], const char *a, const char *b)
{
    snprintf(path, PATH_MAX, "%s/%s%s", xen->world, a, b);
}

static bool exists(const struct xen *xen, const char *a, const char *b)
{
    char path[PATH_MAX];
    path_of(xen, path, a, b);
    return access(path, F_OK) == 0;
}

static void write_diary(const struct xen *xen, const char *deed, uint32_t domid, const char *name)
{
    char path[PATH_MAX], line[160];
    path_of(xen, path, "diary", "");
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    int n = snprintf(line, sizeof line, "%s %u %s %llu\n", deed, domid, name,
                     (unsigned long long)clock_ms());
    if (fd >= 0 && write(fd, line, (size_t)n) != n)
        abort();
    if (fd >= 0)
        close(fd);
}

/* One deed at a time, as in the hypervisor. The lock goes with its descriptor. */
static int lock_world(const struct xen *xen)
{
    char path[PATH_MAX];
    path_of(xen, path, "lock", "");
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0)
        flock(fd, LOCK_EX);
    return fd;
}

static void write_domain(const struct xen *xen, const struct xen_domain *d)
{
    char path[PATH_MAX], id[16], text[256], uuid[33];
    snprintf(id, sizeof id, "%u", d->domid);
    path_of(xen, path, "domains/", id);
    for (size_t i = 0; i < 16; i++)
        snprintf(uuid + 2 * i, 3, "%02x", d->uuid[i]);
    snprintf(text, sizeof text, "name=%s uuid=%s state=%s end=%s paused=%d\n", d->name, uuid,
             state_names[d->state], guest_end_name((enum guest_end)d->end), d->paused);
    struct err e;
    if (file_replace(path, text, &e) != 0)
        fprintf(stderr, "fake Xen: %s\n", e.text);
}

static void take_word(struct xen_domain *d, const struct kv *word)
{
    if (word->value == NULL)
        return;
    if (strcmp(word->key, "name") == 0)
        snprintf(d->name, sizeof d->name, "%s", word->value);
    else if (strcmp(word->key, "paused") == 0)
        d->paused = word->value[0] == '1';
    for (size_t i = 0; strcmp(word->key, "uuid") == 0 && i < 16; i++) {
        char byte[3] = {word->value[2 * i], word->value[2 * i + 1], '\0'};
        d->uuid[i] = (uint8_t)strtoul(byte, NULL, 16);
    }
    for (uint8_t s = 0; strcmp(word->key, "state") == 0 && s < XEN_STATES; s++)
        if (strcmp(state_names[s], word->value) == 0)
            d->state = s;
    for (uint8_t end = 0; strcmp(word->key, "end") == 0 && end < GUEST_END_COUNT; end++)
        if (strcmp(guest_end_name((enum guest_end)end), word->value) == 0)
            d->end = end;
}

static int read_domain(const struct xen *xen, const char *id, struct xen_domain *d)
{
    char path[PATH_MAX], text[256], *at = text;
    path_of(xen, path, "domains/", id);
    if (file_read(path, text, sizeof text, NULL) != 0)
        return -1;
    *d = (struct xen_domain){.domid = (uint32_t)strtoul(id, NULL, 10)};
    struct kv word;
    while (kv_next(&at, &word))
        take_word(d, &word);
    return 0;
}

int xen_list(struct xen *xen, struct xen_domain *domain, int max, struct err *e)
{
    char path[PATH_MAX];
    path_of(xen, path, "domains", "");
    DIR *folder = opendir(path);
    if (folder == NULL)
        return err_set(e, "%s: %m", path);
    int n = 0;
    const struct dirent *entry;
    /* cppcheck-suppress readdirCalled ; one thread */
    while (n < max && (entry = readdir(folder)) != NULL)
        if (strspn(entry->d_name, "0123456789") == strlen(entry->d_name) &&
            read_domain(xen, entry->d_name, &domain[n]) == 0)
            n++;
    closedir(folder);
    return n;
}

static uint32_t next_domid(const struct xen *xen)
{
    char path[PATH_MAX], text[16] = "0";
    path_of(xen, path, "last_domid", "");
    file_read(path, text, sizeof text, NULL);
    uint32_t domid = (uint32_t)strtoul(text, NULL, 10) + 1;
    snprintf(text, sizeof text, "%u", domid);
    file_replace(path, text, NULL);
    return domid;
}

static void wait_while(const struct xen *xen, const char *a, const char *b)
{
    while (exists(xen, a, b))
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
}

static void take_time(const struct xen *xen)
{
    char path[PATH_MAX], text[16] = "0";
    path_of(xen, path, "slow_ms", "");
    file_read(path, text, sizeof text, NULL);
    long ms = strtol(text, NULL, 10);
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

static void disks_of(const struct xen *xen, uint32_t domid, char path[PATH_MAX])
{
    char id[16];
    snprintf(id, sizeof id, "%u", domid);
    path_of(xen, path, "disks.", id);
}

static int write_disks(const struct xen *xen, uint32_t domid, const struct guest_disk *disk, int n,
                       struct err *e)
{
    char path[PATH_MAX], text[XEN_DISKS_MAX * (GUEST_PATH_SIZE + 24)] = "";
    size_t used = 0;
    for (int i = 0; i < n; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s %c %s\n", disk[i].vdev,
                                 disk[i].writable ? 'w' : 'r', disk[i].path);
    disks_of(xen, domid, path);
    return file_replace(path, text, e);
}

int xen_disks(struct xen *xen, uint32_t domid, struct guest_disk *disk, int max, struct err *e)
{
    char path[PATH_MAX], text[XEN_DISKS_MAX * (GUEST_PATH_SIZE + 24)], *at = text, *line;
    int n = 0;
    disks_of(xen, domid, path);
    if (file_read(path, text, sizeof text, e) != 0)
        return -1;
    while ((line = strsep(&at, "\n")) != NULL && line[0] != '\0' && n < max) {
        const char *vdev = strsep(&line, " "), *mode = strsep(&line, " ");
        disk[n] = (struct guest_disk){.writable = mode != NULL && mode[0] == 'w'};
        snprintf(disk[n].vdev, sizeof disk[n].vdev, "%.15s", vdev);
        snprintf(disk[n++].path, sizeof disk[0].path, "%.255s", line != NULL ? line : "");
    }
    return n;
}

static int change_disk(struct xen *xen, uint32_t domid, const char *deed, const char *vdev,
                       const struct guest_disk *add, struct err *e)
{
    struct guest_disk disk[XEN_DISKS_MAX];
    char id[16], what[96];
    struct xen_domain d;
    int lock = lock_world(xen), kept = 0, n = xen_disks(xen, domid, disk, XEN_DISKS_MAX - 1, e);
    for (int i = 0; i < n; i++)
        if (strcmp(disk[i].vdev, vdev) != 0)
            disk[kept++] = disk[i];
    if (add != NULL)
        disk[kept++] = *add;
    int result = n < 0 ? -1 : write_disks(xen, domid, disk, kept, e);
    snprintf(id, sizeof id, "%u", domid);
    if (result == 0 && read_domain(xen, id, &d) == 0) {
        snprintf(what, sizeof what, "%s/%s", d.name, vdev);
        write_diary(xen, deed, domid, what);
    }
    close(lock);
    return result;
}

int xen_attach(struct xen *xen, uint32_t domid, const struct guest_disk *disk, struct err *e)
{
    if (exists(xen, "nodisk.", disk->vdev))
        return err_set(e, "disk %s: no such file", disk->path);
    return change_disk(xen, domid, "attach", disk->vdev, disk, e);
}

int xen_detach(struct xen *xen, uint32_t domid, const char *vdev, struct err *e)
{
    if (exists(xen, "mounted.", vdev))
        return err_set(e, "the guest does not give it back");
    return change_disk(xen, domid, "detach", vdev, NULL, e);
}

int xen_create(struct xen *xen, const struct guest *guest, uint32_t *domid, struct err *e)
{
    char path[PATH_MAX], text[256];
    path_of(xen, path, "fail.", guest->name);
    if (file_read(path, text, sizeof text, NULL) == 0) {
        write_diary(xen, "fail", 0, guest->name);
        return err_set(e, "%s", text);
    }
    struct xen_domain d = {.state = XEN_UNBUILT, .paused = true};
    snprintf(d.name, sizeof d.name, "%s", guest->name);
    memcpy(d.uuid, guest->uuid, sizeof d.uuid);
    int lock = lock_world(xen);
    *domid = d.domid = next_domid(xen);
    write_disks(xen, d.domid, guest->disk, (int)guest->disks, e);
    write_domain(xen, &d); /* first: killed in between, it has said nothing of what is not there */
    write_diary(xen, "create", d.domid, d.name);
    close(lock);

    take_time(xen);
    while (exists(xen, "hang.", guest->name))
        pause();
    lock = lock_world(xen);
    snprintf(text, sizeof text, "%u", d.domid);
    int result = 0;
    if (!exists(xen, "domains/", text)) {
        result = err_set(e, "destroyed while it was built");
    } else {
        d.state = XEN_RUNNING;
        d.paused = false;
        write_diary(xen, "run", d.domid, d.name);
        write_domain(xen, &d);
    }
    close(lock);
    wait_while(xen, "late.", guest->name);
    return result;
}

int xen_destroy(struct xen *xen, uint32_t domid, struct err *e)
{
    char path[PATH_MAX], id[16];
    struct xen_domain d;
    snprintf(id, sizeof id, "%u", domid);
    int lock = lock_world(xen);
    int result = read_domain(xen, id, &d) == 0 ? 0 : err_set(e, "no such domain");
    if (result == 0 && d.state != XEN_DYING)
        write_diary(xen, "destroy", domid, d.name);
    if (result == 0 && exists(xen, "linger", "")) {
        d.state = XEN_DYING;
        write_domain(xen, &d);
    } else if (result == 0) {
        path_of(xen, path, "domains/", id);
        unlink(path);
    }
    close(lock);
    return result;
}

int xen_last_words(struct xen *xen, uint32_t domid, char text[XEN_CONSOLE_SIZE], struct err *e)
{
    char path[PATH_MAX], id[16];
    snprintf(id, sizeof id, "%u", domid);
    path_of(xen, path, "console.", id);
    memset(text, 0, XEN_CONSOLE_SIZE);
    return file_read_bytes(path, text, XEN_CONSOLE_SIZE, e) >= 0 ? 0 : -1;
}

int xen_shutdown(struct xen *xen, uint32_t domid, struct err *e)
{
    char id[16];
    struct xen_domain d;
    snprintf(id, sizeof id, "%u", domid);
    int lock = lock_world(xen);
    int result = read_domain(xen, id, &d) == 0 ? 0 : err_set(e, "no such domain");
    if (result == 0) {
        write_diary(xen, "shutdown", domid, d.name);
        if (!exists(xen, "deaf.", d.name) && d.state == XEN_RUNNING) {
            d.state = XEN_ENDED;
            d.end = GUEST_END_POWEROFF;
            write_domain(xen, &d);
            write_diary(xen, "end", domid, d.name);
        }
    }
    close(lock);
    return result;
}

int xen_prefer_dom0(struct xen *xen, struct err *e)
{
    (void)xen;
    (void)e;
    return 0;
}

int xen_watch(struct xen *xen, struct err *e)
{
    char path[PATH_MAX];
    path_of(xen, path, "domains", "");
    xen->watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (xen->watch < 0 || inotify_add_watch(xen->watch, path, IN_MOVED_TO | IN_DELETE) < 0)
        return err_set(e, "%s: %m", path);
    return xen->watch;
}

int xen_watch_take(struct xen *xen, struct err *e)
{
    char events[4096];
    while (read(xen->watch, events, sizeof events) > 0)
        ;
    return errno == EAGAIN ? 0 : err_set(e, "inotify: %m");
}
