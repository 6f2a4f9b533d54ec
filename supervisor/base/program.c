#include "base/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

/* Of more output than this the last part counts. */
#define OUTPUT_MAX 2048

static void run_child(char *const argv[], int output, pid_t parent)
{
    static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin", locale[] = "LC_ALL=C";
    char *const environment[] = {path, locale, NULL};
    int null = open("/dev/null", O_RDWR);
    setpgid(0, 0); /* a script's children end with it */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127);
    dup2(null, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    execve(argv[0], argv, environment);
    dprintf(output, "%s\n", strerror(errno));
    _exit(127);
}

/* Until it closes its output, or time is up. */
static void read_output(int fd, uint64_t until, char *text, size_t size)
{
    size_t have = 0;
    for (;;) {
        uint64_t now = clock_ms();
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (now >= until || poll(&p, 1, until == UINT64_MAX ? -1 : (int)(until - now)) == 0)
            break;
        if (have + 1 == size) {
            memmove(text, text + size / 2, have - size / 2);
            have -= size / 2;
        }
        ssize_t n = read(fd, text + have, size - 1 - have);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        have += (size_t)n;
    }
    text[have] = '\0';
}

/* Its wait status; killed when time is up. */
static int wait_for(pid_t pid, uint64_t until)
{
    static const struct timespec moment = {.tv_nsec = 5000000};
    int status = 0;
    for (;;) {
        pid_t ended = waitpid(pid, &status, until == UINT64_MAX ? 0 : WNOHANG);
        if (ended == pid || (ended < 0 && errno != EINTR))
            return status;
        if (clock_ms() >= until)
            kill(-pid, SIGKILL);
        nanosleep(&moment, NULL);
    }
}

/* All lines in one. */
static void join_lines(const char *text, char *line, size_t size)
{
    size_t used = 0;
    line[0] = '\0';
    while (used + 3 < size) {
        text += strspn(text, " \t\r\n");
        size_t length = strcspn(text, "\r\n");
        if (length == 0)
            break;
        int n =
            snprintf(line + used, size - used, "%s%.*s", used > 0 ? "; " : "", (int)length, text);
        used += n > 0 ? (size_t)n : 0;
        text += length;
    }
}

static const char *name_of(const char *program)
{
    const char *slash = strrchr(program, '/');
    return slash != NULL ? slash + 1 : program;
}

int program_ask(char *const argv[], uint32_t limit_ms, char *said, size_t size, struct err *e)
{
    char output[OUTPUT_MAX];
    int pipes[2];
    uint64_t until = limit_ms != 0 ? clock_ms() + limit_ms : UINT64_MAX;
    pid_t parent = getpid();
    if (pipe2(pipes, O_CLOEXEC) != 0)
        return err_set(e, "cannot make a pipe: %m");
    pid_t pid = fork();
    if (pid == 0)
        run_child(argv, pipes[1], parent);
    close(pipes[1]);
    if (pid < 0) {
        close(pipes[0]);
        return err_set(e, "cannot start %s: %m", argv[0]);
    }
    read_output(pipes[0], until, output, sizeof output);
    close(pipes[0]);
    int status = wait_for(pid, until);
    join_lines(output, said, size);
    if (WIFEXITED(status))
        return WEXITSTATUS(status);
    if (clock_ms() >= until)
        return err_set(e, "%s has not ended within %u s", name_of(argv[0]), limit_ms / 1000);
    return err_set(e, "%s was killed by signal %d", name_of(argv[0]), WTERMSIG(status));
}

int program_run(char *const argv[], struct err *e)
{
    char said[300] = "";
    int status = program_ask(argv, 0, said, sizeof said, e);
    if (status <= 0)
        return status;
    return err_set(e, "%s: %s (exit status %d)", name_of(argv[0]),
                   said[0] != '\0' ? said : "failed", status);
}
