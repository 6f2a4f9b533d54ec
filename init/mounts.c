#include "mounts.h"

#include "fmt.h"
#include "say.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define SAFE (MS_NOSUID | MS_NODEV | MS_NOEXEC)

/* The first of these are wanted in the initramfs already. A share of the memory bounds each tmpfs:
 * a log that runs wild must not take the host with it. */
#define FIRST 3
static const struct {
    const char *target;
    const char *type;
    unsigned long flags;
    const char *options;
    bool if_known; /* silent where the kernel does not know the type: that is said elsewhere */
} file_systems[] = {
    {"/dev", "devtmpfs", MS_NOSUID, "mode=0755,size=1m", false},
    {"/proc", "proc", SAFE, NULL, false},
    {"/sys", "sysfs", SAFE, NULL, false},
    {"/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "gid=5,mode=0620,ptmxmode=0666", false},
    {"/dev/shm", "tmpfs", SAFE, "mode=1777,size=25%", false}, /* corosync's and libqb's rings */
    {"/run", "tmpfs", SAFE, "mode=0755,size=25%", false},
    {"/run/relevo", "tmpfs", SAFE, "mode=0755,size=25%", false}, /* whoever may fill /run */
    {"/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777,size=25%", false},
    {"/var", "tmpfs", SAFE, "mode=0755,size=25%", false},
    {"/proc/xen", "xenfs", SAFE, NULL, true},
};

static const struct {
    const char *path;
    mode_t mode;
} folders[] = {
    {"/run/lock", 01777},         {"/run/log", 0755}, {"/run/xen", 0700},
    {"/run/xenstored", 0755},     {"/var/lib", 0755}, {"/var/lib/xen", 0700},
    {"/var/lib/xenstored", 0700}, {"/var/log", 0755}, {"/var/log/xen", 0700},
    {"/var/tmp", 01777},
};

static const struct {
    const char *path;
    const char *target;
} links[] = {
    {"/var/run", "/run"},
    {"/var/lock", "/run/lock"},
    {"/dev/fd", "/proc/self/fd"},
};

/* Another device than its parent's. */
static bool is_mount_point(const char *path)
{
    char parent[SAY_MAX];
    struct stat own;
    struct stat above;
    fmt(parent, sizeof(parent), "%s/..", path);
    return stat(path, &own) == 0 && stat(parent, &above) == 0 && own.st_dev != above.st_dev;
}

static void mount_some(size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        const char *target = file_systems[i].target;
        const char *type = file_systems[i].type;
        if (is_mount_point(target))
            continue;
        mkdir(target, 0755); /* on the read-only image it is there, or the mount fails */
        if (mount(type, target, type, file_systems[i].flags, file_systems[i].options) != 0 &&
            !file_systems[i].if_known)
            say("cannot mount %s on %s: %s", type, target, strerror(errno));
    }
}

static void make_folders(void)
{
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        if (mkdir(folders[i].path, 0755) != 0 && errno != EEXIST)
            say("cannot make the folder %s: %s", folders[i].path, strerror(errno));
        else if (chmod(folders[i].path, folders[i].mode) != 0) /* whatever the umask */
            say("cannot set the mode of %s: %s", folders[i].path, strerror(errno));
    }
    for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
        if (symlink(links[i].target, links[i].path) != 0 && errno != EEXIST)
            say("cannot link %s to %s: %s", links[i].path, links[i].target, strerror(errno));
    }
}

void mounts_make_first(void)
{
    mount_some(0, FIRST);
}

void mounts_make(void)
{
    mount_some(0, sizeof(file_systems) / sizeof(file_systems[0]));
    make_folders();
}
