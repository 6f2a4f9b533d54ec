#include "base/program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Of more output than this the last part counts. */
#define OUTPUT_MAX 2048

static void run_child(char *const argv[], int output, pid_t parent)
{
    static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin", locale[] = "LC_ALL=C";
    char *const environment[] = {path, locale, NULL};
    int null = open("/dev/null", O_RDWR);
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

static size_t read_output(int fd, char *text, size_t size)
{
    size_t have = 0;
    for (;;) {
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
    return have;
}

/* All lines in one. */
static void join_lines(const char *text, char *line, size_t size)
{
    size_t used = 0;
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
    if (used == 0)
        snprintf(line, size, "failed");
}

static int describe(int status, const char *output, const char *program, struct err *e)
{
    const char *slash = strrchr(program, '/');
    const char *name = slash != NULL ? slash + 1 : program;
    char said[300];
    if (WIFSIGNALED(status))
        return err_set(e, "%s was killed by signal %d", name, WTERMSIG(status));
    join_lines(output, said, sizeof said);
    return err_set(e, "%s: %s (exit status %d)", name, said, WEXITSTATUS(status));
}

int program_run(char *const argv[], struct err *e)
{
    char output[OUTPUT_MAX];
    int pipes[2], status = 0;
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
    read_output(pipes[0], output, sizeof output);
    close(pipes[0]);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : describe(status, output, argv[0], e);
}
