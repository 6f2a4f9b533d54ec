#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const char *log_ident = "relevod";
static int console = -1;
static int syslogd = -1;

void log_open(const char *ident)
{
    log_ident = ident;
    /* An open file of our own: O_NONBLOCK on fd 2 itself would hold for all who share it. */
    if (console < 0)
        console = open("/proc/self/fd/2", O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (console < 0)
        console = STDERR_FILENO;
}

static void connect_syslogd(void)
{
    static const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};
    syslogd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (syslogd >= 0 && connect(syslogd, (const struct sockaddr *)&address, sizeof address) != 0) {
        close(syslogd);
        syslogd = -1;
    }
}

/* libc's syslog() waits for a syslogd that does not read. */
static void to_syslog(int priority, const char *line, size_t length)
{
    char packet[LOG_LINE_MAX + 8];
    int n = snprintf(packet, sizeof packet, "<%d>%.*s", LOG_DAEMON | priority, (int)length, line);
    if (n < 0)
        return;
    size_t size = (size_t)n < sizeof packet ? (size_t)n : sizeof packet - 1;
    for (int attempt = 0; attempt < 2; attempt++) { /* the second: syslogd was restarted */
        if (syslogd < 0)
            connect_syslogd();
        if (syslogd < 0 || send(syslogd, packet, size, MSG_NOSIGNAL) >= 0 || errno == EAGAIN)
            return;
        close(syslogd);
        syslogd = -1;
    }
}

void log_line(int priority, const char *format, ...)
{
    char line[LOG_LINE_MAX];
    int n = snprintf(line, sizeof line - 1, "%s: ", log_ident);
    va_list args;
    va_start(args, format);
    vsnprintf(line + n, sizeof line - 1 - (size_t)n, format, args);
    va_end(args);

    size_t length = strlen(line);
    for (size_t i = 0; i < length; i++) /* what a guest or a file says must not steer a terminal */
        if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
            line[i] = ' ';
    if (priority <= LOG_INFO)
        to_syslog(priority, line, length);
    if (priority <= LOG_NOTICE) {
        line[length] = '\n';
        (void)!write(console < 0 ? STDERR_FILENO : console, line, length + 1);
    }
}
