/* Dies at a given step: $RELEVO_FAKE_DEATH is a file, "ROLE N". The next process of that role takes
 * it, and is killed as it begins its Nth step: one that others see, a request to the kernel's
 * network or device-mapper, a file that is written, replaced, made or goes. */
#include <dlfcn.h>
#include <linux/dm-ioctl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

static long steps_left;

/* Before main(): 0 for whoever is not meant. */
__attribute__((constructor)) static void find_out(void)
{
    const char *path = getenv("RELEVO_FAKE_DEATH");
    char text[64], line[256] = "", *at = text;
    if (path == NULL || file_read_bytes("/proc/self/cmdline", line, sizeof line, NULL) < 0 ||
        file_read(path, text, sizeof text, NULL) != 0)
        return;
    const char *option = line + strlen(line) + 1, *role = strsep(&at, " ");
    if (at == NULL || strcmp(option, "--role") != 0 || strcmp(option + sizeof "--role", role) != 0)
        return;
    unlink(path);
    steps_left = strtol(at, NULL, 10);
}

static void *step(const char *function)
{
    if (steps_left > 0 && --steps_left == 0)
        kill(getpid(), SIGKILL);
    return dlsym(RTLD_NEXT, function);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    ssize_t (*next)(int, const struct msghdr *, int);
    *(void **)&next = step(__func__);
    return next(fd, message, flags);
}

int rename(const char *old, const char *new)
{
    int (*next)(const char *, const char *);
    *(void **)&next = step(__func__);
    return next(old, new);
}

int unlink(const char *name)
{
    int (*next)(const char *);
    *(void **)&next = step(__func__);
    return next(name);
}

int mknod(const char *path, mode_t mode, dev_t dev)
{
    int (*next)(const char *, mode_t, dev_t);
    *(void **)&next = step(__func__);
    return next(path, mode, dev);
}

/* What it logs is none. */
ssize_t write(int fd, const void *buf, size_t n)
{
    ssize_t (*next)(int, const void *, size_t);
    *(void **)&next = fd > STDERR_FILENO ? step(__func__) : dlsym(RTLD_NEXT, __func__);
    return next(fd, buf, n);
}

int ioctl(int fd, unsigned long request, ...)
{
    static const unsigned long changes[] = {DM_DEV_CREATE, DM_DEV_REMOVE,  DM_DEV_SUSPEND,
                                            DM_TABLE_LOAD, DM_TABLE_CLEAR, DM_TARGET_MSG};
    bool is_step = false;
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++)
        is_step = is_step || request == changes[i];
    int (*next)(int, unsigned long, ...);
    *(void **)&next = is_step ? step(__func__) : dlsym(RTLD_NEXT, __func__);
    va_list arguments;
    va_start(arguments, request);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    return next(fd, request, argument);
}
