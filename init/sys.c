#include "sys.h"

#include "fmt.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

int64_t sys_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void sys_signal(pid_t pid, int signal)
{
    kill(pid, signal);
}

/* A socket file appears with bind(), which is before listen(): only a connection tells. Connecting
 * does not block; what is accepted and closed at once costs the service nothing. */
enum readiness sys_ready(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return NOT_YET;
    if (!S_ISSOCK(st.st_mode))
        return READY;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    fmt(address.sun_path, sizeof(address.sun_path), "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return SOON;
    bool refused = connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0 &&
                   (errno == ECONNREFUSED || errno == ENOENT);
    close(fd);
    return refused ? SOON : READY;
}

bool sys_executable(const char *path)
{
    return access(path, X_OK) == 0;
}

bool sys_contains(const char *file, const char *word)
{
    static char text[4096];
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, text, sizeof(text) - 1);
    close(fd);
    text[n < 0 ? 0 : n] = '\0';
    return word == NULL || strstr(text, word) != NULL;
}

uint32_t sys_random(void)
{
    uint32_t x;
    if (getrandom(&x, sizeof(x), GRND_NONBLOCK) != sizeof(x))
        x = (uint32_t)sys_now() * 2654435761U; /* too early: spread is enough for a delay */
    return x;
}
