#include "knobs.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LONGEST 86400L

static bool set_number(int *to, const char *value)
{
    char *end;
    long number = strtol(value, &end, 10);
    if (end == value || *end || number < 0 || number > LONGEST)
        return false;
    *to = (int)number;
    return true;
}

static bool set_text(char *to, size_t size, const char *value)
{
    int length = snprintf(to, size, "%s", value);
    return length > 0 && (size_t)length < size;
}

static bool set(struct knobs *knobs, const char *key, const char *value)
{
    const struct {
        const char *key;
        int *to;
    } numbers[] = {{"rate", &knobs->rate},
                   {"crash", &knobs->crash},
                   {"poweroff", &knobs->poweroff},
                   {"reboot", &knobs->reboot},
                   {"hang", &knobs->hang}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (strcmp(key, numbers[i].key) == 0)
            return set_number(numbers[i].to, value);
    if (strcmp(key, "name") == 0)
        return set_text(knobs->name, sizeof knobs->name, value);
    if (strcmp(key, "disk") == 0)
        return set_text(knobs->disk, sizeof knobs->disk, value);
    if (strcmp(key, "ip") == 0)
        return set_text(knobs->ip, sizeof knobs->ip, value);
    if (strcmp(key, "deaf") == 0)
        return knobs->deaf = true;
    return false;
}

void knobs_read(struct knobs *knobs, const char *path)
{
    *knobs = (struct knobs){.name = "guest",
                            .rate = 5,
                            .crash = NEVER,
                            .poweroff = NEVER,
                            .reboot = NEVER,
                            .hang = NEVER};
    char line[4096];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t size = fd < 0 ? 0 : read(fd, line, sizeof line - 1);
    if (fd >= 0)
        close(fd);
    line[size > 0 ? size : 0] = 0;

    char *rest = line;
    for (char *word; (word = strtok_r(rest, " \n", &rest));) {
        if (strncmp(word, "agent.", 6) != 0)
            continue;
        char *value = strchr(word, '=');
        char *key = word + 6;
        char none[] = "";
        if (value)
            *value++ = 0;
        if (!set(knobs, key, value ? value : none))
            fprintf(stderr, "agent: cannot use agent.%s=%s\n", key, value ? value : none);
    }
    if (knobs->rate == 0)
        knobs->rate = 1;
}
