#include "cluster/state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int device = -1; /* one in a process */

static int pread_all(void *unused, uint64_t at, void *data, size_t size, struct err *e)
{
    (void)unused;
    ssize_t n = pread(device, data, size, (off_t)at);
    if (n == (ssize_t)size)
        return 0;
    return err_set(e, "cannot read: %s", n < 0 ? strerror(errno) : "too short");
}

static int pwrite_all(void *unused, uint64_t at, const void *data, size_t size, struct err *e)
{
    (void)unused;
    ssize_t n = pwrite(device, data, size, (off_t)at);
    if (n == (ssize_t)size && fdatasync(device) == 0)
        return 0;
    return err_set(e, "cannot write: %s",
                   n >= 0 && n < (ssize_t)size ? "too short" : strerror(errno));
}

/* O_EXCL: a block device that is mounted, or part of something, is busy. O_DIRECT goes past the
 * page cache, where a file system can do that. */
static int open_device(const char *path, bool writable)
{
    struct stat st;
    int flags = O_CLOEXEC | (writable ? O_RDWR | O_DSYNC : O_RDONLY);
    if (stat(path, &st) != 0)
        return -1;
    if (S_ISBLK(st.st_mode) && writable)
        flags |= O_EXCL;
    int fd = open(path, flags | O_DIRECT);
    if (fd < 0 && errno == EINVAL)
        fd = open(path, flags);
    return fd;
}

int state_open(struct state_io *io, const char *path, bool writable, struct err *e)
{
    device = open_device(path, writable);
    if (device < 0)
        return err_set(e, "%s", errno == EBUSY ? "is in use" : strerror(errno));
    if (writable && flock(device, LOCK_EX | LOCK_NB) != 0)
        err_set(e, "is in use");
    else if (lseek(device, 0, SEEK_END) < STATE_SIZE)
        err_set(e, "too small; expected at least %d bytes", STATE_SIZE);
    else {
        *io = (struct state_io){.read = pread_all, .write = pwrite_all};
        return 0;
    }
    close(device);
    return -1;
}

void state_close(struct state_io *io)
{
    (void)io;
    close(device);
    device = -1;
}
