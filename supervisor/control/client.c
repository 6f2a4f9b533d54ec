#include "control/client.h"

#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <yajl/yajl_tree.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/run_dir.h"
#include "cluster/fence.h"
#include "cluster/journal.h"
#include "config/multipath.h"
#include "control/ask.h"
#include "control/check.h"
#include "control/drbd.h"
#include "control/follow.h"
#include "control/request.h"
#include "control/text.h"

enum { DONE = 0, REFUSED = 1, USAGE = 2, NO_ANSWER = 3 };

static int usage(void)
{
    fputs("usage: relevo status|cluster|network|multipath [--json]\n"
          "       relevo multipath rescan | add LUN | remove LUN [--paths]\n"
          "       relevo drbd [--json]\n"
          "       relevo drbd create|verify|resync|resize|attach|detach MIRROR\n"
          "       relevo drbd connect|disconnect|resolve MIRROR\n"
          "       relevo drbd create MIRROR --force MIRROR\n"
          "       relevo drbd seed MIRROR --from NODE | --blank\n"
          "       relevo drbd resolve MIRROR --discard NODE\n"
          "       relevo drbd confirm MIRROR --peer-down\n"
          "       relevo start|stop|restart GUEST\n"
          "       relevo attach GUEST DISK | detach GUEST VDEV\n"
          "       relevo move GUEST NODE\n"
          "       relevo drain|undrain|confirm-down NODE\n"
          "       relevo override MIRROR NODE [--lose-writes]\n"
          "       relevo reload [--force] [FOLDER]\n"
          "       relevo log [-f]\n"
          "       relevo check FOLDER [HOSTNAME]\n"
          "       relevo state init [--force] DEVICE\n"
          "       relevo state show DEVICE\n"
          "       relevo fence off|status NODE [FOLDER]\n",
          stderr);
    return USAGE;
}

/* Sends one request, of which operand may be NULL; the reply, to be freed, or NULL with the reason
 * printed. */
static char *ask(const char *verb, const char *operand)
{
    char request[REQUEST_MAX + 1];
    struct err e;
    snprintf(request, sizeof request, "%s%s%s", verb, operand != NULL ? " " : "",
             operand != NULL ? operand : "");
    char *reply = control_ask(request, &e);
    if (reply == NULL)
        fprintf(stderr, "relevo: relevod does not answer: %s\n", e.text);
    return reply;
}

/* Prints what a command's reply says. */
static int print_outcome(const char *reply)
{
    const char *ok_path[] = {"ok", NULL};
    const char *text_path[] = {"text", NULL};
    const char *error_path[] = {"error", NULL};
    yajl_val root = yajl_tree_parse(reply, NULL, 0);
    bool ok = root != NULL && YAJL_IS_TRUE(yajl_tree_get(root, ok_path, yajl_t_any));
    const char *text =
        root == NULL
            ? NULL
            : YAJL_GET_STRING(yajl_tree_get(root, (ok ? text_path : error_path), yajl_t_string));
    if (ok)
        puts(text != NULL ? text : "done");
    else
        fprintf(stderr, "relevo: %s\n", text != NULL ? text : "not understood");
    yajl_tree_free(root);
    return ok ? DONE : REFUSED;
}

/* A list's lines, each after "error: " or the like. */
static void print_lines(const char *reply, const char *key, const char *before)
{
    const char *path[] = {key, NULL};
    yajl_val root = yajl_tree_parse(reply, NULL, 0);
    yajl_val list = root != NULL ? yajl_tree_get(root, path, yajl_t_array) : NULL;
    size_t n = list != NULL ? list->u.array.len : 0;
    for (size_t i = 0; i < n; i++)
        if (YAJL_IS_STRING(list->u.array.values[i]))
            printf("%s%s\n", before, YAJL_GET_STRING(list->u.array.values[i]));
    yajl_tree_free(root);
}

/* relevod waits for no disk: what it reads must be in memory. Here waiting does no harm. */
static int find_in_memory(const char *folder, char path[PATH_MAX], struct err *e)
{
    struct statfs fs;
    if (realpath(folder, path) == NULL || statfs(path, &fs) != 0)
        return err_set(e, "%s: %m", folder);
    if (strpbrk(path, "\n") != NULL || strlen("reload --force ") + strlen(path) >= REQUEST_MAX)
        return err_set(e, "%.64s...: not a path for a request", path);
    if (fs.f_type != TMPFS_MAGIC && fs.f_type != RAMFS_MAGIC)
        return err_set(e, "%s: expected a folder in memory, under /run or /tmp", path);
    return 0;
}

static int reload_from(bool force, const char *folder)
{
    char path[PATH_MAX] = "", operands[PATH_MAX + 16];
    struct err e;
    if (folder != NULL && find_in_memory(folder, path, &e) != 0) {
        fprintf(stderr, "relevo: %s\n", e.text);
        return REFUSED;
    }
    snprintf(operands, sizeof operands, "%s%s%s", force ? "--force" : "",
             force && folder != NULL ? " " : "", path);
    char *reply = ask("reload", operands[0] != '\0' ? operands : NULL);
    if (reply == NULL)
        return NO_ANSWER;
    print_lines(reply, "warnings", "warning: ");
    print_lines(reply, "errors", "");
    int result = print_outcome(reply);
    free(reply);
    return result;
}

static int show(const char *what, bool json, int (*print)(FILE *to, const char *json))
{
    char *reply = ask(what, NULL);
    if (reply == NULL)
        return NO_ANSWER;
    int result = DONE;
    if (json)
        fputs(reply, stdout);
    else if (print(stdout, reply) != 0)
        result = print_outcome(reply);
    free(reply);
    return result;
}

static int command_guest(const char *verb, const char *guest)
{
    char *reply = ask(verb, guest);
    if (reply == NULL)
        return NO_ANSWER;
    int result = print_outcome(reply);
    free(reply);
    return result;
}

/* rescan | add LUN | remove LUN [--paths] */
static int command_multipath(const char *what, int operands, char **operand)
{
    char lun[MULTIPATH_ALIAS_SIZE + 16];
    bool add = strcmp(what, "add") == 0, remove = strcmp(what, "remove") == 0;
    bool paths = remove && operands == 2 && strcmp(operand[1], "--paths") == 0;
    if (operands == 0 && strcmp(what, "rescan") == 0)
        return command_guest(what, NULL);
    if ((!add && !remove) || (operands != 1 && !paths))
        return usage();
    snprintf(lun, sizeof lun, "%.*s%s", MULTIPATH_ALIAS_SIZE, operand[0], paths ? " --paths" : "");
    return command_guest(what, lun);
}

static int command_disk(const char *verb, const char *guest, const char *disk)
{
    char operands[REQUEST_MAX];
    snprintf(operands, sizeof operands, "%s %s", guest, disk);
    return command_guest(verb, operands);
}

int relevo_command(int argc, char **argv)
{
    const char *verb = argc > 1 ? argv[1] : "";
    const char *operand = argc > 2 ? argv[2] : NULL;
    if (argc <= 3 && (operand == NULL || strcmp(operand, "--json") == 0)) {
        if (strcmp(verb, "status") == 0)
            return show(verb, operand != NULL, status_print);
        if (strcmp(verb, "cluster") == 0)
            return show(verb, operand != NULL, cluster_print);
        if (strcmp(verb, "network") == 0)
            return show(verb, operand != NULL, network_print);
        if (strcmp(verb, "multipath") == 0)
            return show(verb, operand != NULL, multipath_print);
    }
    if (operand != NULL && strcmp(verb, "multipath") == 0)
        return command_multipath(operand, argc - 3, argv + 3);
    if (strcmp(verb, "drbd") == 0) {
        int result = drbd_command(argc - 1, argv + 1);
        return result < 0 ? usage() : result;
    }
    if (argc == 4 && (strcmp(verb, "attach") == 0 || strcmp(verb, "detach") == 0))
        return command_disk(verb, operand, argv[3]);
    if (strcmp(verb, "log") == 0 && argc <= 3 && (operand == NULL || strcmp(operand, "-f") == 0))
        return follow_log(operand != NULL) == 0 ? DONE : REFUSED;
    bool force = operand != NULL && strcmp(operand, "--force") == 0;
    if (strcmp(verb, "reload") == 0 && argc <= (force ? 4 : 3))
        return reload_from(force, force ? argv[3] : operand);
    if (strcmp(verb, "check") == 0 && (argc == 3 || argc == 4))
        return check_folder(operand, argc == 4 ? argv[3] : NULL) == 0 ? DONE : REFUSED;
    if (strcmp(verb, "state") == 0 || strcmp(verb, "fence") == 0) {
        int (*run)(int argc, char **argv) = verb[0] == 's' ? state_command : fence_command;
        int result = run(argc - 2, argv + 2);
        return result == USAGE ? usage() : result;
    }
    bool lose = argc == 5 && strcmp(argv[4], "--lose-writes") == 0;
    if ((argc == 4 && strcmp(verb, "move") == 0) ||
        ((argc == 4 || lose) && strcmp(verb, "override") == 0)) {
        char operands[REQUEST_MAX];
        snprintf(operands, sizeof operands, "%s %s%s", operand, argv[3],
                 lose ? " --lose-writes" : "");
        return command_guest(verb, operands);
    }
    static const char *const with_name[] = {"start", "stop",    "restart",
                                            "drain", "undrain", "confirm-down"};
    for (size_t i = 0; argc == 3 && i < sizeof with_name / sizeof with_name[0]; i++)
        if (strcmp(verb, with_name[i]) == 0)
            return command_guest(verb, operand);
    return usage();
}
