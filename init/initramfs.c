#include "initramfs.h"

#include "fmt.h"
#include "say.h"
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define IMAGE    "/root.img"
#define NEW_ROOT "/new"
#define SITE     "/site"

bool initramfs_is_root(void)
{
    struct statfs root;
    return access(IMAGE, F_OK) == 0 && statfs("/", &root) == 0 &&
           (root.f_type == TMPFS_MAGIC || root.f_type == RAMFS_MAGIC);
}

static bool failed(const char *what)
{
    say("cannot %s: %s", what, strerror(errno));
    return false;
}

/* Puts the name of a loop device that shows the image into name[]. Returns a descriptor that keeps
 * it until it is mounted, or -1. The device vanishes with its last user. */
static int attach_image(char *name, size_t size)
{
    int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
    int index = control >= 0 ? ioctl(control, LOOP_CTL_GET_FREE) : -1;
    if (control >= 0)
        close(control);
    if (index < 0) {
        failed("get a loop device");
        return -1;
    }
    fmt(name, size, "/dev/loop%d", index);
    int image = open(IMAGE, O_RDONLY | O_CLOEXEC);
    int device = open(name, O_RDONLY | O_CLOEXEC);
    struct loop_config config = {.fd = (unsigned)image,
                                 .info = {.lo_flags = LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR}};
    bool done = image >= 0 && device >= 0 && ioctl(device, LOOP_CONFIGURE, &config) == 0;
    if (!done)
        failed("attach " IMAGE " to a loop device");
    if (image >= 0)
        close(image);
    if (!done && device >= 0)
        close(device);
    return done ? device : -1;
}

static bool mount_image(void)
{
    static const char *const types[] = {"squashfs", "erofs"};
    char name[32];
    bool mounted = false;
    int device = attach_image(name, sizeof(name));
    if (device < 0)
        return false;
    mkdir(NEW_ROOT, 0755);
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]) && !mounted; i++)
        mounted = mount(name, NEW_ROOT, types[i], MS_RDONLY | MS_SILENT, NULL) == 0;
    if (!mounted)
        failed("mount " IMAGE " as squashfs or erofs");
    close(device);
    return mounted;
}

/* The site bundle is files of the initramfs; there need not be one. */
static void bind_site(void)
{
    if (access(SITE, F_OK) == 0 && mount(SITE, NEW_ROOT SITE, NULL, MS_BIND, NULL) != 0)
        failed("bind " SITE " into the root: no site configuration");
}

static bool switch_root(void)
{
    static const char *const moved[][2] = {
        {"/dev", NEW_ROOT "/dev"}, {"/proc", NEW_ROOT "/proc"}, {"/sys", NEW_ROOT "/sys"}};
    for (size_t i = 0; i < sizeof(moved) / sizeof(moved[0]); i++) {
        if (mount(moved[i][0], moved[i][1], NULL, MS_MOVE, NULL) != 0)
            failed("move a file system into the root"); /* it will be mounted again there */
    }
    if (chdir(NEW_ROOT) != 0 || mount(".", "/", NULL, MS_MOVE, NULL) != 0 || chroot(".") != 0 ||
        chdir("/") != 0)
        return failed("switch to the new root");
    return true;
}

bool initramfs_leave(void)
{
    static const char *const argv[] = {"/sbin/init", NULL};
    if (!mount_image())
        return false;
    bind_site();
    if (!switch_root())
        return false;
    execute(argv[0], argv);
    failed("execute /sbin/init; going on without");
    return true;
}
