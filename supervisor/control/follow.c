#include "control/follow.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

/* syslogd's file; $RELEVO_LOG for tests. */
static const char *log_path(void)
{
    const char *path = getenv("RELEVO_LOG");
    return path != NULL ? path : "/run/log/messages";
}

/* Prints what fd has more to give. */
static int copy_rest(int fd)
{
    char part[8192];
    ssize_t n;
    while ((n = read(fd, part, sizeof part)) > 0)
        if (fwrite(part, 1, (size_t)n, stdout) != (size_t)n)
            return -1;
    return fflush(stdout) == 0 && n == 0 ? 0 : -1;
}

/* After rotation path is another file, or the same one cut short. */
static int reopen_if_rotated(const char *path, int fd)
{
    struct stat now, open_file;
    if (stat(path, &now) != 0 || fstat(fd, &open_file) != 0)
        return fd;
    if (now.st_ino == open_file.st_ino && now.st_size >= lseek(fd, 0, SEEK_CUR))
        return fd;
    int next = open(path, O_RDONLY | O_CLOEXEC);
    if (next < 0)
        return fd;
    close(fd);
    return next;
}

static int wait_for_change(int watch)
{
    char events[4096];
    struct pollfd p = {.fd = watch, .events = POLLIN};
    if (poll(&p, 1, -1) < 0 && errno != EINTR)
        return -1;
    return read(watch, events, sizeof events) < 0 && errno != EAGAIN && errno != EINTR ? -1 : 0;
}

static int watch_folder_of(const char *path)
{
    char folder[256];
    snprintf(folder, sizeof folder, "%.250s", path);
    char *last = strrchr(folder, '/');
    if (last == NULL)
        return -1;
    last[last == folder ? 1 : 0] = '\0';
    int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (watch >= 0 && inotify_add_watch(watch, folder, IN_MODIFY | IN_CREATE | IN_MOVED_TO) < 0) {
        close(watch);
        return -1;
    }
    return watch;
}

int follow_log(bool follow)
{
    const char *path = log_path();
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        fprintf(stderr, "relevo: %s: ", path);
        perror(NULL);
        return -1;
    }
    int watch = follow ? watch_folder_of(path) : -1;
    int result = copy_rest(fd);
    while (follow && result == 0) {
        result = watch < 0 ? -1 : wait_for_change(watch);
        fd = reopen_if_rotated(path, fd);
        if (result == 0)
            result = copy_rest(fd);
    }
    if (watch >= 0)
        close(watch);
    close(fd);
    return result;
}
