#include "umount.h"

#include "say.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#define MOUNTS_MAX 65536 /* bytes of /proc/self/mounts; what is beyond stays mounted */

/* The kernel writes blanks and backslashes in a path as \040 and the like: undo it in place. */
static void unescape(char *s)
{
    char *to = s;
    for (; *s != '\0'; s++) {
        bool octal = s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' &&
                     s[3] >= '0' && s[3] <= '7';
        if (octal) {
            *to++ = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 + (s[3] - '0'));
            s += 3;
        } else {
            *to++ = *s;
        }
    }
    *to = '\0';
}

/* One line: "SOURCE TARGET TYPE OPTIONS 0 0". */
static void umount_line(char *line)
{
    char *target = strchr(line, ' ');
    char *rest = target != NULL ? strchr(target + 1, ' ') : NULL;
    if (rest == NULL || strncmp(line, "/dev/", 5) != 0)
        return;
    *rest = '\0';
    unescape(++target);
    if (strcmp(target, "/") == 0) /* the read-only image */
        return;
    if (umount2(target, 0) == 0)
        say("unmounted %s", target);
    else if (mount(NULL, target, NULL, MS_REMOUNT | MS_RDONLY, NULL) != 0)
        say("%s stays mounted: %s", target, strerror(errno));
}

void umount_disks(void)
{
    static char text[MOUNTS_MAX];
    size_t length = 0;
    int fd = open("/proc/self/mounts", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? 0 : -1;
    while (fd >= 0 && (n = read(fd, text + length, sizeof(text) - 1 - length)) > 0)
        length += (size_t)n;
    if (n < 0)
        say("cannot read /proc/self/mounts: %s", strerror(errno));
    for (char *line = text + length; line > text;) {
        *line = '\0';
        do
            line--;
        while (line > text && line[-1] != '\n');
        umount_line(line);
    }
}
