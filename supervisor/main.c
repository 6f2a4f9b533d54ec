/* One binary: relevod, its roles, the relevo command and the hotplug programs. The name it is
 * called by decides, or --role. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/child.h"
#include "base/log.h"
#include "cluster/corosync.h"
#include "cluster/fence.h"
#include "cluster/hardware.h"
#include "cluster/journal.h"
#include "cluster/transport.h"
#include "control/check.h"
#include "control/client.h"
#include "control/drbd.h"
#include "control/ssh.h"
#include "daemon.h"
#include "guest/hotplug.h"
#include "guest/worker.h"
#include "network/lease.h"
#include "network/role.h"
#include "storage/check.h"
#include "storage/deed.h"
#include "storage/drbd_deed.h"
#include "storage/drbd_role.h"
#include "storage/role.h"

static const struct {
    const char *name;
    int (*run)(void);
} roles[] = {
    {"worker", guest_worker_role}, {"watcher", guest_watcher_role}, {"network", network_role},
    {"multipath", multipath_role}, {"checker", checker_role},       {"deed", deed_role},
    {"journal", journal_role},     {"fence", fence_role},           {"drbd", drbd_role},
    {"drbd-deed", drbd_deed_role}, {"transport", transport_role},   {"watchdog", hardware_role},
};

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} programs[] = {
    {"relevo", relevo_command},      {"block", hotplug_block},
    {"vif-bridge", hotplug_vif},     {"vif-unfiltered", hotplug_vif_unfiltered},
    {"dhcp-event", dhcp_event_role}, {"drbd-helper", drbd_helper},
};

static int usage(void)
{
    fputs(
        "usage: relevod [-n | -k | -m] [-c FILE] [-s FOLDER] [-h HOSTNAME]\n"
        "  -n  print the configuration in canonical form and its errors, and exit\n"
        "  -k  write what the SSH server reads, its keys and who may log in, and exit\n"
        "  -m  become corosync when this node's addresses are there; at once 0 without a cluster\n"
        "  -c  the command line (/proc/cmdline)    -s  the site's folder (/site)\n"
        "  -h  the hostname, where the command line has none\n",
        stderr);
    return 2;
}

static int run_role(const char *name)
{
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
        if (strcmp(roles[i].name, name) == 0) {
            fcntl(CHILD_SOCKET, F_SETFD, FD_CLOEXEC); /* not for programs that libraries run */
            return roles[i].run();
        }
    return usage();
}

static int run_daemon(int argc, char **argv)
{
    char hostname[65] = "";
    gethostname(hostname, sizeof hostname - 1);
    struct site_source source = {
        .cmdline = "/proc/cmdline", .folder = "/site", .hostname = hostname};
    int (*run)(const struct site_source *source) = daemon_run;
    int option;
    while ((option = getopt(argc, argv, "nkmc:s:h:")) != -1) {
        switch (option) {
        case 'n':
            run = check_source;
            break;
        case 'k':
            run = ssh_prepare;
            break;
        case 'm':
            run = corosync_start;
            break;
        case 'c':
            source.cmdline = optarg;
            break;
        case 's':
            source.folder = optarg;
            break;
        case 'h':
            source.hostname = optarg;
            break;
        default:
            return usage();
        }
    }
    if (optind != argc)
        return usage();
    return run(&source) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
    const char *name = slash != NULL ? slash + 1 : (argc > 0 ? argv[0] : "relevod");
    log_open("relevod");
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++)
        if (strcmp(programs[i].name, name) == 0)
            return programs[i].run(argc, argv);
    if (argc == 3 && strcmp(argv[1], "--role") == 0)
        return run_role(argv[2]);
    return run_daemon(argc, argv);
}
