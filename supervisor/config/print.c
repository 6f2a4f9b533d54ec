/* The configuration in canonical form: what relevod -n prints and the tests compare. */
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "config/site.h"

struct printer {
    void (*line)(void *to, const char *text);
    void *to;
};

__attribute__((format(printf, 2, 3))) static void print(const struct printer *p, const char *format,
                                                        ...)
{
    char text[2048];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    p->line(p->to, text);
}

static void join(char *to, size_t size, const char name[][SITE_IFACE_SIZE], uint32_t count)
{
    to[0] = '\0';
    for (uint32_t i = 0; i < count; i++)
        snprintf(to + strlen(to), size - strlen(to), "%s%s", i > 0 ? "," : "", name[i]);
}

/* The mode, and what else was given or is not the kernel's choice. */
static void print_bond(const struct printer *p, const struct site_bond *bond)
{
    char slaves[SITE_PORTS_MAX * SITE_IFACE_SIZE], options[1024] = "", value[32];
    join(slaves, sizeof slaves, (const char(*)[SITE_IFACE_SIZE])bond->slave, bond->slaves);
    for (int id = 0; id < BOND_OPTIONS; id++) {
        if (id != BOND_MODE && (bond->given & 1U << id) == 0 &&
            bond->value[id] == bond_option[id].initial)
            continue;
        bond_option_format(&bond_option[id], bond->value[id], value, sizeof value);
        snprintf(options + strlen(options), sizeof options - strlen(options), "%s%s=%s",
                 id != BOND_MODE ? "," : "", bond_option[id].name, value);
    }
    for (uint32_t i = 0; i < bond->targets; i++) {
        inet_ntop(AF_INET, bond->target[i], value, sizeof value);
        snprintf(options + strlen(options), sizeof options - strlen(options), "%s%s",
                 i == 0 ? ",arp_ip_target=" : ";", value);
    }
    if (bond->primary[0] != '\0')
        snprintf(options + strlen(options), sizeof options - strlen(options), ",primary=%s",
                 bond->primary);
    if (bond->mtu != 0)
        snprintf(value, sizeof value, ":%u", bond->mtu);
    print(p, "bond=%s:%s:%s%s", bond->name, slaves, options, bond->mtu != 0 ? value : "");
}

static void print_links(const struct printer *p, const struct site *site)
{
    for (uint32_t i = 0; i < site->network.ifnames; i++) {
        const uint8_t *m = site->network.ifname[i].mac;
        print(p, "ifname=%s:%02x:%02x:%02x:%02x:%02x:%02x", site->network.ifname[i].name, m[0],
              m[1], m[2], m[3], m[4], m[5]);
    }
    for (uint32_t i = 0; i < site->network.bonds; i++)
        print_bond(p, &site->network.bond[i]);
    for (uint32_t i = 0; i < site->network.vlans; i++)
        print(p, "vlan=%s:%s", site->network.vlan[i].name, site->network.vlan[i].parent);
    for (uint32_t b = 0; b < site->network.bridges; b++) {
        char ports[SITE_PORTS_MAX * SITE_IFACE_SIZE];
        join(ports, sizeof ports, (const char(*)[SITE_IFACE_SIZE])site->network.bridge[b].port,
             site->network.bridge[b].ports);
        print(p, "bridge=%s:%s", site->network.bridge[b].name, ports);
    }
}

static void print_network(const struct printer *p, const struct site *site)
{
    print_links(p, site);
    for (uint32_t i = 0; i < site->network.addresses; i++) {
        const struct site_address *a = &site->network.address[i];
        char address[INET6_ADDRSTRLEN], gateway[INET6_ADDRSTRLEN] = "";
        if (a->dhcp) {
            print(p, "ip=%s:dhcp", a->iface);
            continue;
        }
        const char *open = a->family == AF_INET6 ? "[" : "",
                   *close = a->family == AF_INET6 ? "]" : "";
        inet_ntop(a->family, a->address, address, sizeof address);
        if (a->has_gateway)
            inet_ntop(a->family, a->gateway, gateway, sizeof gateway);
        print(p, "ip=%s%s%s::%s%s%s:%u::%s:none", open, address, close, a->has_gateway ? open : "",
              gateway, a->has_gateway ? close : "", a->prefix, a->iface);
    }
    for (uint32_t i = 0; i < site->network.nameservers; i++)
        print(p, "nameserver=%s", site->network.nameserver[i]);
}

static void print_multipaths(const struct printer *p, const struct site *site)
{
    for (uint32_t i = 0; i < site->multipath.maps; i++) {
        const struct site_multipath *m = &site->multipath.map[i];
        char options[256];
        word_options_format(multipath_option, MULTIPATH_OPTIONS, m->value, options, sizeof options);
        print(p, "multipath=%s:%s%s", m->alias, m->wwid, options);
    }
}

static void print_node(const struct printer *p, const struct cluster_node *node)
{
    char links[CLUSTER_LINKS_MAX * (INET6_ADDRSTRLEN + 3)] = "", options[40] = "";
    for (uint32_t i = 0; i < node->links; i++) {
        char address[INET6_ADDRSTRLEN];
        bool brackets = node->link[i].family == AF_INET6;
        cluster_address_format(&node->link[i], address);
        snprintf(links + strlen(links), sizeof links - strlen(links), "%s%s%s%s", i > 0 ? "," : "",
                 brackets ? "[" : "", address, brackets ? "]" : "");
    }
    if (node->memory_mib != 0)
        snprintf(options, sizeof options, "%cmemory=%u", node->witness ? ',' : ':',
                 node->memory_mib);
    print(p, "node=%s:%u:%s%s%s", node->name, node->id, links, node->witness ? ":witness" : "",
          options);
}

static void print_fence(const struct printer *p, const struct site_fence *f)
{
    bool v6 = strchr(f->by.target, ':') != NULL;
    char options[64] = "";
    if (f->by.user[0] != '\0')
        snprintf(options, sizeof options, ":user=%s", f->by.user);
    if (f->by.cipher != 0)
        snprintf(options + strlen(options), sizeof options - strlen(options), "%ccipher=%u",
                 options[0] == '\0' ? ':' : ',', f->by.cipher);
    if (f->by.kind == FENCE_EXEC)
        print(p, "fence=exec:%s", f->by.target);
    else
        print(p, "fence=ipmi:%s=%s%s%s%s", f->node, v6 ? "[" : "", f->by.target, v6 ? "]" : "",
              options);
}

static void print_cluster(const struct printer *p, const struct cluster_config *c)
{
    char options[256];
    word_options_format(cluster_option, CLUSTER_OPTIONS, c->value, options, sizeof options);
    if (c->name[0] != '\0')
        print(p, "cluster=%s%s", c->name, options);
    for (uint32_t i = 0; i < c->nodes; i++)
        print_node(p, &c->node[i]);
    if (c->witness)
        print(p, "role=witness");
    if (c->device[0] != '\0')
        print(p, "state=%s", c->device);
    for (uint32_t i = 0; i < c->fences; i++)
        print_fence(p, &c->fence[i]);
}

static void print_drbds(const struct printer *p, const struct site *site)
{
    for (uint32_t i = 0; i < site->drbd.mirrors; i++) {
        const struct site_drbd *m = &site->drbd.mirror[i];
        char options[512], address[2][DRBD_ADDRESS_TEXT];
        for (int k = 0; k < 2; k++)
            drbd_address_format(&m->node[k].address, false, address[k], sizeof address[k]);
        word_options_format(drbd_option, DRBD_OPTIONS, m->value, options, sizeof options);
        print(p, "drbd=%s:%u:%s:%s@%s,%s@%s%s", m->name, m->minor, m->backing, m->node[0].name,
              address[0], m->node[1].name, address[1], options);
    }
}

static void print_devices(const struct printer *p, const struct guest *g)
{
    for (uint32_t i = 0; i < g->disks; i++) {
        const struct guest_disk *d = &g->disk[i];
        print(p, "  disk %s %s %s%s%s", d->vdev, d->path, d->writable ? "rw" : "ro",
              d->direct_io_safe ? " direct-io-safe" : "",
              d->discard == 0 ? "" : (d->discard == 2 ? " discard" : " no-discard"));
    }
    for (uint32_t i = 0; i < g->vifs; i++) {
        const struct guest_vif *v = &g->vif[i];
        print(p, "  vif %02x:%02x:%02x:%02x:%02x:%02x bridge=%s%s%s%s%s", v->mac[0], v->mac[1],
              v->mac[2], v->mac[3], v->mac[4], v->mac[5], v->bridge, v->ip[0] != '\0' ? " ip=" : "",
              v->ip, v->ifname[0] != '\0' ? " vifname=" : "", v->ifname);
        if (v->rate_bytes != 0)
            print(p, "    rate %llu bytes per %u us", (unsigned long long)v->rate_bytes,
                  v->rate_interval_us);
        if (v->mtu != 0)
            print(p, "    mtu %u", v->mtu);
    }
}

static void print_names(const struct printer *p, const char *what,
                        const char name[][GUEST_NAME_SIZE], uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        print(p, "  %s %s", what, name[i]);
}

static void print_guest(const struct printer *p, const struct guest *g)
{
    if (g->broken) {
        print(p, "guest %s (%s) broken: not started", g->name, g->origin);
        return;
    }
    const uint8_t *u = g->uuid;
    print(p, "guest %s (%s)", g->name, g->origin);
    print(p, "  uuid %02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x type %s",
          u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10], u[11], u[12], u[13],
          u[14], u[15], guest_type_name(g->type));
    print(p, "  memory %u of %u MiB, vcpus %u of %u, weight %u, cap %u", g->memory_mib,
          g->maxmem_mib, g->vcpus, g->maxvcpus, g->cpu_weight, g->cpu_cap);
    char cpus[CPUS_TEXT_SIZE];
    cpus_print(&g->cpus, cpus, sizeof cpus);
    if (!cpus_any(&g->cpus))
        print(p, "  cpus %s", cpus);
    if (g->tsc_mode != TSC_DEFAULT)
        print(p, "  tsc_mode %s", guest_tsc_name(g->tsc_mode));
    print(p, "  kernel %s%s%s", g->kernel, g->ramdisk[0] != '\0' ? " ramdisk " : "", g->ramdisk);
    if (g->cmdline[0] != '\0')
        print(p, "  cmdline %s", g->cmdline);
    print_devices(p, g);
    for (int end = GUEST_END_POWEROFF; end <= GUEST_END_CRASH; end++)
        if (g->on[end] != restart_default.on[end])
            print(p, "  on %s %s", guest_end_name((enum guest_end)end),
                  g->on[end] == RESTART_YES ? "restart" : "destroy");
    print(p, "  home %s priority %d", g->home[0] != '\0' ? g->home : "-", g->priority);
    if (g->unfiltered)
        print(p, "  filter off");
    print_names(p, "peer", g->peer, g->peers);
    print_names(p, "after", g->after, g->afters);
    if (g->probe[0] != '\0')
        print(p, "  probe %s every %u s", g->probe, g->probe_interval_s);
    if (g->failback == FAILBACK_AUTO)
        print(p, "  failback auto");
}

void site_print(const struct site *site, void (*line)(void *to, const char *text), void *to)
{
    struct printer p = {.line = line, .to = to};
    print(&p, "hostname=%s", site->hostname);
    print_network(&p, site);
    for (uint32_t i = 0; i < site->sshkeys; i++)
        print(&p, "sshkey=\"%s\"", site->sshkey[i]);
    print_multipaths(&p, site);
    print_cluster(&p, &site->cluster);
    print_drbds(&p, site);
    for (uint32_t i = 0; i < site->guests; i++)
        print_guest(&p, site->guest[i]);
    for (uint32_t i = 0; i < site->warnings; i++)
        print(&p, "warning: %s", site->warning[i].text);
    for (uint32_t i = 0; i < site->errors; i++)
        print(&p, "error: %s", site->error[i].text);
    if (site->errors_dropped > 0)
        print(&p, "error: and %u more", site->errors_dropped);
}
