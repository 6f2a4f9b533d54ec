#include "params.h"

#include "base/kv.h"
#include "say.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static bool letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* RFC 1123: letters, digits and hyphens in labels, no hyphen first or last; dots between labels. */
static const char *hostname_fault(const char *name)
{
    if (strlen(name) > HOSTNAME_MAX)
        return "it is longer than 64 characters";
    char before = '.';
    for (const char *c = name;; before = *c++) {
        if (*c == '\0' || *c == '.') {
            if (before == '.' || before == '-')
                return "a part of it is empty or ends in a hyphen";
            if (*c == '\0')
                return NULL;
        } else if (*c == '-' ? before == '.' : !letter_or_digit(*c)) {
            return "expected letters, digits, hyphens and dots";
        }
    }
}

static const char *tty_fault(const char *name)
{
    if (*name == '\0')
        return "it is empty";
    if (strlen(name) > TTY_NAME_MAX)
        return "it is longer than 24 characters";
    for (const char *c = name; *c != '\0'; c++) {
        if (!letter_or_digit(*c))
            return "expected the name of a terminal in /dev, like ttyS1";
    }
    return strcmp(name, "console") == 0 ? "the console has a shell already" : NULL;
}

static void take_hostname(const char *name, struct params *out)
{
    const char *fault = name == NULL ? "it has no value" : hostname_fault(name);
    if (fault != NULL)
        say("hostname=%s left out: %s", name != NULL ? name : "", fault);
    else
        memcpy(out->hostname, name, strlen(name) + 1);
}

static void take_shell(const char *tty, struct params *out)
{
    const char *fault = tty == NULL ? "it has no value" : tty_fault(tty);
    for (unsigned i = 0; fault == NULL && i < out->shells; i++) {
        if (strcmp(out->shell[i], tty) == 0)
            fault = "it is named twice";
    }
    if (fault == NULL && out->shells == SHELLS_MAX)
        fault = "there are 3 already";
    if (fault != NULL)
        say("shell=%s left out: %s", tty != NULL ? tty : "", fault);
    else
        memcpy(out->shell[out->shells++], tty, strlen(tty) + 1);
}

void params_parse(char *line, struct params *out)
{
    struct kv word;
    *out = (struct params){.shells = 0};
    while (kv_next(&line, &word)) {
        if (kv_same_key(word.key, "hostname"))
            take_hostname(word.value, out);
        else if (kv_same_key(word.key, "shell"))
            take_shell(word.value, out);
        else if (kv_same_key(word.key, "rescue"))
            out->rescue = true;
    }
}

void params_read(struct params *out)
{
    static char line[CMDLINE_MAX];
    ssize_t n = -1;
    int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        n = read(fd, line, sizeof(line) - 1);
        close(fd);
    }
    if (n < 0)
        say("cannot read /proc/cmdline: %s; no boot parameter is known", strerror(errno));
    line[n < 0 ? 0 : n] = '\0';
    params_parse(line, out);
}
