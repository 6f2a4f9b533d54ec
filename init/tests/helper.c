/* What the tests' services run: one program, a few ways to behave. Usage: helper MODE [ARGUMENT...]
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int number(const char *text)
{
    return (int)strtol(text, NULL, 10);
}

static int die(const char *what)
{
    fprintf(stderr, "helper: %s: %s\n", what, strerror(errno));
    return 99;
}

static int stay(void)
{
    while (pause() != 0)
        ; /* a signal was handled */
    return 0;
}

/* Appends "WHAT NAME" to /run/story, one write so that lines of many processes do not mix. */
static void tell(const char *what, const char *name)
{
    char line[128];
    int n = snprintf(line, sizeof(line), "%s %s\n", what, name);
    int fd = open("/run/story", O_WRONLY | O_CREAT | O_APPEND, 0644);
    if (fd < 0 || write(fd, line, (size_t)n) != n)
        exit(die("/run/story"));
    close(fd);
}

/* Whether there is a controlling terminal. */
static bool has_terminal(void)
{
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static int await_file(const char *path)
{
    struct stat st;
    while (stat(path, &st) != 0)
        usleep(5000);
    return 0;
}

/* story NAME: tells when it starts, and when it is told to stop */
static int run_story(char **argv)
{
    sigset_t set;
    int got;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    tell("start", argv[0]);
    sigwait(&set, &got);
    tell("stop", argv[0]);
    return 0;
}

/* finish NAME STATUS FILE: waits for the file, then ends */
static int run_finish(char **argv)
{
    tell("start", argv[0]);
    await_file(argv[2]);
    tell("end", argv[0]);
    return number(argv[1]);
}

/* touch NAME GO PATH: waits for the file GO, then makes PATH */
static int run_touch(char **argv)
{
    tell("start", argv[0]);
    await_file(argv[1]);
    tell("ready", argv[0]);
    int fd = open(argv[2], O_WRONLY | O_CREAT | O_EXCL, 0644);
    if (fd < 0)
        return die(argv[2]);
    close(fd);
    return stay();
}

/* listen NAME GO PATH: binds a socket to PATH at once, and listens when the file GO is there */
static int run_listen(char **argv)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", argv[2]);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
        exit(die(argv[2]));
    tell("bound", argv[0]);
    await_file(argv[1]);
    tell("ready", argv[0]);
    return listen(fd, 5) != 0 ? die("listen") : stay();
}

static int run_ignore(char **argv)
{
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    tell("start", argv[0]);
    return stay();
}

/* storm COUNT: leaves that many orphans to process 1, which end at once */
static int run_storm(char **argv)
{
    int left = number(argv[0]);
    for (; left > 0; left--) {
        pid_t pid = fork();
        if (pid == 0) {
            if (fork() == 0)
                _exit(7);
            _exit(0);
        }
        if (pid < 0)
            return die("fork");
        waitpid(pid, NULL, 0);
    }
    tell("storm", "over");
    return stay();
}

/* report PATH: writes down what init gave us */
static int run_report(char **argv)
{
    char path[64];
    char link[256];
    FILE *to = fopen("/run/report.new", "we");
    if (to == NULL)
        return die("/run/report.new");
    struct {
        int priority;
    } param = {0};
    syscall(SYS_sched_getparam, 0, &param);
    fprintf(to, "sid_is_own=%d\n", getsid(0) == getpid());
    fprintf(to, "policy=%ld\n", syscall(SYS_sched_getscheduler, 0));
    fprintf(to, "priority=%d\n", param.priority);
    fprintf(to, "terminal=%d\n", has_terminal());
    for (int fd = 0; fd < 64; fd++) {
        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        ssize_t n = readlink(path, link, sizeof(link) - 1);
        if (fd == fileno(to) || n < 0)
            continue;
        fprintf(to, "fd%d=%.*s nonblock=%d\n", fd, (int)n, link,
                (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
    }
    for (char **e = environ; *e != NULL; e++)
        fprintf(to, "env %s\n", *e);
    FILE *status = fopen("/proc/self/status", "re");
    while (status != NULL && fgets(link, sizeof(link), status) != NULL) {
        if (strncmp(link, "Sig", 3) == 0)
            fputs(link, to);
    }
    FILE *oom = fopen("/proc/self/oom_score_adj", "re");
    if (oom != NULL && fgets(link, sizeof(link), oom) != NULL)
        fprintf(to, "oom=%s", link);
    fclose(to);
    rename("/run/report.new", argv[0]);
    return stay();
}

/* shell: says what it is told, until that is "exit" */
static int run_shell(char **argv)
{
    char line[128];
    (void)argv;
    setvbuf(stdout, NULL, _IONBF, 0);
    printf("shell %d terminal=%d foreground=%d\n", getpid(), has_terminal(),
           tcgetpgrp(0) == getpgrp());
    while (fgets(line, sizeof(line), stdin) != NULL) {
        printf("heard %s", line);
        if (strcmp(line, "exit\n") == 0)
            return 0;
    }
    return 1;
}

/* kill SIGNAL PID */
static int run_kill(char **argv)
{
    return kill(number(argv[1]), number(argv[0])) != 0 ? die("kill") : 0;
}

/* write PATH: writes to a file until that hangs */
static int run_write(char **argv)
{
    char block[4096] = "";
    tell("start", "write");
    int fd = open(argv[0], O_WRONLY | O_CREAT, 0644);
    for (;;) {
        if (write(fd, block, sizeof(block)) < 0)
            return die(argv[0]);
        lseek(fd, 0, SEEK_SET);
    }
}

/* hostname PATH: writes ours there */
static int run_hostname(char **argv)
{
    char name[65] = "";
    FILE *to = fopen(argv[0], "we");
    if (to == NULL || gethostname(name, sizeof(name)) != 0)
        return die(argv[0]);
    fputs(name, to);
    return fclose(to) != 0 ? die(argv[0]) : 0;
}

/* orphan NAME: leaves a process to init that ignores SIGTERM */
static int run_orphan(char **argv)
{
    if (fork() == 0)
        return run_ignore(argv);
    return 0;
}

static int run_pause(char **argv)
{
    (void)argv;
    return stay();
}

static int run_exit(char **argv)
{
    return number(argv[0]);
}

static const struct {
    const char *name;
    int arguments;
    int (*run)(char **argv);
} modes[] = {
    {"hostname", 1, run_hostname}, {"orphan", 1, run_orphan}, {"pause", 0, run_pause},
    {"exit", 1, run_exit},         {"story", 1, run_story},   {"finish", 3, run_finish},
    {"touch", 3, run_touch},       {"listen", 3, run_listen}, {"ignore", 1, run_ignore},
    {"storm", 1, run_storm},       {"report", 1, run_report}, {"shell", 0, run_shell},
    {"kill", 2, run_kill},         {"write", 1, run_write},
};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < sizeof(modes) / sizeof(modes[0]); i++) {
        if (strcmp(argv[1], modes[i].name) == 0 && argc == modes[i].arguments + 2)
            return modes[i].run(argv + 2);
    }
    fprintf(stderr, "usage: helper MODE [ARGUMENT...]\n");
    return 98;
}
