/* The words of the kernel command line that are init's: hostname=, shell=, rescue. */
#pragma once
#include <stdbool.h>

#define HOSTNAME_MAX 64   /* the kernel's __NEW_UTS_LEN */
#define SHELLS_MAX   3    /* shell= words, beside the console's own shell */
#define TTY_NAME_MAX 24   /* of "ttyS1", without /dev/ */
#define CMDLINE_MAX  4096 /* the kernel's COMMAND_LINE_SIZE is 2,048 on x86 */

struct params {
    char hostname[HOSTNAME_MAX + 1]; /* "" where none was given */
    char shell[SHELLS_MAX][TTY_NAME_MAX + 1];
    unsigned shells;
    bool rescue;
};

/* Takes init's words out of the line, which is changed. Each value that cannot be used costs one
 * line on the console and is left out; of repeated hostnames the last one counts, as everywhere on
 * a kernel command line. Words that are not init's are no concern of init's. */
void params_parse(char *line, struct params *out);

/* The same from /proc/cmdline; an unreadable one is said and leaves everything empty. */
void params_read(struct params *out);
