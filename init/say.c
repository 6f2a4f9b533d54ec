#include "say.h"

#include "fmt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <time.h>
#include <unistd.h>

#define LAST_WORDS_TRIES 20 /* of 50 ms each */

static int console = -1;
static int kernel_log = -1;
static unsigned lost; /* lines since the last one that reached the console */

static size_t stamp(char *to, size_t size)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    size_t n = 0;
    to[n++] = '[';
    for (long limit = 10000; limit > t.tv_sec && limit > 1; limit /= 10)
        to[n++] = ' ';
    return n + fmt(to + n, size - n, "%ld.%06ld] init: ", (long)t.tv_sec, t.tv_nsec / 1000);
}

/* A line cut in the middle counts as lost: the next one starts on a line of its own. */
static bool write_console(const char *line, size_t n)
{
    for (int attempt = 0; attempt < 2; attempt++) {
        if (console < 0)
            console = open("/dev/console", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (console < 0)
            return false;
        ssize_t wrote = write(console, line, n);
        if (wrote == (ssize_t)n)
            return true;
        if (wrote >= 0 || errno == EAGAIN)
            return false;
        close(console); /* hung up: open it afresh, once */
        console = -1;
    }
    return false;
}

static void write_kernel_log(const char *text)
{
    static const char level[] = "<31>"; /* facility daemon (3 << 3), level debug (7) */
    char line[SAY_MAX + sizeof(level)];
    if (kernel_log < 0)
        kernel_log = open("/dev/kmsg", O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (kernel_log < 0)
        return;
    size_t length = fmt(line, sizeof(line), "%sinit: %s", level, text);
    if (write(kernel_log, line, length) < 0)
        return; /* the kernel may limit the rate; the console has the line */
}

static bool report_lost(void)
{
    char line[64];
    if (lost == 0)
        return true;
    size_t n = fmt(line, sizeof(line), "\ninit: %u lines lost here\n", lost);
    return write_console(line, n);
}

void say(const char *format, ...)
{
    char line[SAY_MAX];
    size_t head = stamp(line, sizeof(line));
    va_list ap;
    va_start(ap, format);
    size_t n = head + fmt_v(line + head, sizeof(line) - head - 1, format, ap);
    va_end(ap);
    write_kernel_log(line + head);
    line[n++] = '\n';
    if (report_lost() && write_console(line, n))
        lost = 0;
    else
        lost++;
}

void say_last_words(const char *format, ...)
{
    char line[SAY_MAX];
    line[0] = '\n'; /* whoever was writing may be in the middle of a line */
    size_t n = 1 + stamp(line + 1, sizeof(line) - 1);
    va_list ap;
    va_start(ap, format);
    n += fmt_v(line + n, sizeof(line) - n - 1, format, ap);
    va_end(ap);
    line[n++] = '\n';
    for (int i = 0; i < LAST_WORDS_TRIES && !write_console(line, n); i++)
        poll(NULL, 0, 50);
}
