#include <errno.h>
#include <ifaddrs.h>
#include <limits.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/run_dir.h"
#include "cluster/corosync.h"

#define COROSYNC "/usr/sbin/corosync"
/* With one network of two there, how long the other is waited for. It may come later. */
#define SECOND_LINK_MS 10000

static bool is_address(const struct sockaddr *have, const struct cluster_address *want)
{
    if (have == NULL || have->sa_family != want->family)
        return false;
    if (want->family == AF_INET) {
        const struct sockaddr_in *v4 = (const void *)have;
        return memcmp(&v4->sin_addr, want->address, sizeof v4->sin_addr) == 0;
    }
    const struct sockaddr_in6 *v6 = (const void *)have;
    return memcmp(&v6->sin6_addr, want->address, sizeof v6->sin6_addr) == 0;
}

/* How many of the node's own addresses exist. */
static uint32_t count_links(const struct cluster_node *self)
{
    struct ifaddrs *all = NULL;
    uint32_t links = 0;
    if (getifaddrs(&all) != 0)
        return 0;
    for (uint32_t i = 0; i < self->links; i++) {
        bool here = false;
        for (const struct ifaddrs *a = all; a != NULL && !here; a = a->ifa_next)
            here = is_address(a->ifa_addr, &self->link[i]);
        links += here;
    }
    freeifaddrs(all);
    return links;
}

/* A socket that tells of new addresses. */
static int open_news(struct err *e)
{
    struct sockaddr_nl name = {.nl_family = AF_NETLINK,
                               .nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    if (fd < 0 || bind(fd, (struct sockaddr *)&name, sizeof name) != 0) {
        err_set(e, "no news of addresses: %m");
        if (fd >= 0)
            close(fd);
        return -1;
    }
    return fd;
}

static void drain(int fd)
{
    char buffer[8192];
    while (recv(fd, buffer, sizeof buffer, 0) > 0 || errno == ENOBUFS)
        ;
}

static int wait_for_links(const struct cluster_node *self, struct err *e)
{
    struct pollfd news = {.fd = open_news(e), .events = POLLIN};
    if (news.fd < 0)
        return -1;
    uint64_t since = 0;
    bool said = false;
    for (;;) {
        uint32_t links = count_links(self);
        uint64_t now = clock_ms();
        if (links > 0 && since == 0)
            since = now;
        if (links == self->links || (links > 0 && now - since >= SECOND_LINK_MS))
            break;
        if (!said)
            log_notice("cluster: waiting for this node's addresses");
        said = true;
        int wait = links > 0 ? (int)(SECOND_LINK_MS - (now - since)) : -1;
        if (poll(&news, 1, wait) > 0)
            drain(news.fd);
    }
    close(news.fd);
    return 0;
}

static int write_conf(const struct site *site, const char *site_folder, const char *path,
                      struct err *e)
{
    static char text[8192 + 3 * PATH_MAX];
    char folder[PATH_MAX], key[PATH_MAX];
    if (run_path(folder, sizeof folder, "corosync", NULL) != 0 ||
        (size_t)snprintf(key, sizeof key, "%s/%s", site_folder, CLUSTER_KEY_FILE) >= sizeof key ||
        corosync_conf(&site->cluster, key, folder, text, sizeof text) != 0)
        return err_set(e, "%s: too long", path);
    if ((mkdir(run_dir(), 0755) != 0 && errno != EEXIST) ||
        (mkdir(folder, 0700) != 0 && errno != EEXIST))
        return err_set(e, "%s: %m", folder);
    return file_replace(path, text, e);
}

int corosync_start(const struct site_source *source)
{
    struct err e;
    char path[PATH_MAX];
    struct site *site = site_load(source);
    if (site == NULL || run_path(path, sizeof path, "corosync.conf", NULL) != 0) {
        log_err("cluster: out of memory");
        site_free(site);
        return -1;
    }
    const struct cluster_config *c = &site->cluster;
    bool ready = c->state == CLUSTER_READY;
    bool good = ready && wait_for_links(&c->node[c->self], &e) == 0 &&
                write_conf(site, source->folder, path, &e) == 0;
    site_free(site);
    if (good) {
        char name[] = "corosync", foreground[] = "-f", option[] = "-c";
        char *argv[] = {name, foreground, option, path, NULL};
        execv(COROSYNC, argv);
        err_set(&e, "%s: %m", COROSYNC);
    }
    if (ready)
        log_err("cluster: corosync not started: %s", e.text);
    return ready ? -1 : 0;
}
