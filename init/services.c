/* What runs on a node, in the order of its start; it stops in the opposite order. What the guests
 * wait for comes first. */
#include "service.h"

#include <signal.h>
#include <stddef.h>

#define XENSTORED_SOCKET "/run/xenstored/socket"
/* Services of a Xen host: only where we are its control domain. */
#define ON_XEN .only_if = {"/proc/xen/capabilities", "control_d"}

/* busybox: in the foreground, 256 KB and one older file of the same size. */
static const char *const syslogd[] = {
    "/sbin/syslogd", "-n", "-O", "/run/log/messages", "-s", "256", "-b", "1", NULL};
static const char *const klogd[] = {"/sbin/klogd", "-n", NULL};
static const char *const xenstored[] = {"/usr/sbin/xenstored", "--no-fork", NULL};
static const char *const xen_init_dom0[] = {"/usr/lib/xen/bin/xen-init-dom0", NULL};
static const char *const xenconsoled[] = {"/usr/sbin/xenconsoled", "-i", NULL};
static const char *const corosync[] = {"/usr/sbin/relevod", "-m", NULL}; /* which becomes it */
static const char *const relevod[] = {"/usr/sbin/relevod", NULL};
static const char *const ssh_keys[] = {"/usr/sbin/relevod", "-k", NULL};
/* In the foreground, forwarding no ports; built without passwords (rootfs/ports/dropbear). */
static const char *const dropbear[] = {"/usr/sbin/dropbear",       "-F", "-j", "-r",
                                       "/run/relevo/ssh/host_key", NULL};
static const char *const shell[] = {"-sh", NULL}; /* the hyphen makes it a login shell */

const struct service services_table[] = {
    {.name = "xenstored",
     .argv = xenstored,
     ON_XEN,
     .ready = XENSTORED_SOCKET,
     .flags = SERVICE_VITAL | SERVICE_HOST,
     .oom_score_adj = -1000},
    {.name = "xen-init-dom0",
     .argv = xen_init_dom0,
     ON_XEN,
     .needs = {"xenstored"},
     .flags = SERVICE_ONCE},
    {.name = "xenconsoled",
     .argv = xenconsoled,
     ON_XEN,
     .needs = {"xen-init-dom0"},
     .flags = SERVICE_VITAL,
     .oom_score_adj = -900,
     .rest_ms = 30000},
    {.name = "syslogd", .argv = syslogd, .ready = "/dev/log"},
    {.name = "klogd", .argv = klogd, .needs = {"syslogd"}},
    /* Before relevod, which leaves the cluster through it. Real-time: a busy dom0 must not look
     * like a dead one. */
    {.name = "corosync",
     .argv = corosync,
     .needs = {"syslogd"},
     .flags = SERVICE_OPTIONAL,
     .round_robin = 10,
     .oom_score_adj = -900,
     .rest_ms = 5000},
    /* On its SIGTERM relevod shuts the guests down, which may take long. */
    {.name = "relevod",
     .argv = relevod,
     .needs = {"xenconsoled", "syslogd"},
     .flags = SERVICE_VITAL | SERVICE_HANDOVER,
     .oom_score_adj = -900,
     .stop_ms = 120000,
     .rest_ms = 10000},
    {.name = "ssh-keys", .argv = ssh_keys, .needs = {"syslogd"}, .flags = SERVICE_ONCE},
    {.name = "dropbear", .argv = dropbear, .needs = {"ssh-keys"}},
    /* Interactive shells ignore SIGTERM; SIGHUP is what a terminal that goes away sends. */
    {.name = "shell",
     .argv = shell,
     .path = "/bin/sh",
     .tty = "/dev/console",
     .flags = SERVICE_VITAL | SERVICE_RESCUE | SERVICE_SHELL,
     .stop_signal = SIGHUP,
     .stop_ms = 1000,
     .rest_ms = 10000},
};
const unsigned services_count = sizeof(services_table) / sizeof(services_table[0]);

const struct timing timing = {
    .ready_ms = 60000,
    .rest_ms = 300000,
    .stop_ms = 5000,
    .handover_ms = 20000,
    .kill_ms = 2000,
    .services_ms = 150000,
    .term_all_ms = 3000,
    .kill_all_ms = 3000,
    .flush_ms = 10000,
    .hurry_ms = 1000,
    .reset_ms = 60000,
    .disaster_ms = 5000,
};
