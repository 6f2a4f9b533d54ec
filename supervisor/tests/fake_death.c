/* Dies at a given step: $RELEVO_FAKE_DEATH is a file, "ROLE N". The next process of that role takes
 * it, and is killed as it begins its Nth step: one that others see, a request to the kernel's
 * network or a file that is replaced or goes. */
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
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
