#include "guest/xen_build.h"

#include <libxl_utils.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static libxl_action_on_shutdown action(enum restart_action a)
{
    return a == RESTART_YES ? LIBXL_ACTION_ON_SHUTDOWN_RESTART : LIBXL_ACTION_ON_SHUTDOWN_DESTROY;
}

static int check_file(const char *what, const char *path, struct err *e)
{
    if (path[0] != '\0' && access(path, R_OK) != 0)
        return err_set(e, "%s %s: %m", what, path);
    return 0;
}

static char *copy(const char *text)
{
    return text[0] != '\0' ? strdup(text) : NULL;
}

static int set_vcpus(libxl_ctx *ctx, const struct guest *guest, libxl_domain_build_info *b,
                     struct err *e)
{
    b->max_vcpus = (int)guest->maxvcpus;
    if (libxl_cpu_bitmap_alloc(ctx, &b->avail_vcpus, b->max_vcpus) != 0)
        return err_set(e, "out of memory");
    libxl_bitmap_set_none(&b->avail_vcpus);
    for (int i = 0; i < (int)guest->vcpus; i++)
        libxl_bitmap_set(&b->avail_vcpus, i);
    if (guest->cpu_weight != 0)
        b->sched_params.weight = (int)guest->cpu_weight;
    if (guest->cpu_cap != 0)
        b->sched_params.cap = (int)guest->cpu_cap;
    return 0;
}

static int set_cpus(libxl_ctx *ctx, const struct cpus *cpus, libxl_bitmap *map, struct err *e)
{
    if (libxl_cpu_bitmap_alloc(ctx, map, 0) != 0) /* as many as the host can have */
        return err_set(e, "out of memory");
    libxl_bitmap_set_none(map);
    int n = libxl_get_online_cpus(ctx);
    for (int cpu = 0; cpu < n && cpu < CPUS_MAX; cpu++)
        if (cpus_has(cpus, (unsigned)cpu))
            libxl_bitmap_set(map, cpu);
    if (!libxl_bitmap_is_empty(map))
        return 0;
    char text[CPUS_TEXT_SIZE];
    cpus_print(cpus, text, sizeof text);
    return err_set(e, "cpus %s: this host has processors 0 to %d", text, n - 1);
}

/* Each of the guest's processors on these of the host's; libxl then leaves the NUMA nodes to us. */
static int pin(libxl_ctx *ctx, const struct guest *guest, libxl_domain_build_info *b, struct err *e)
{
    if (cpus_any(&guest->cpus))
        return 0;
    libxl_defbool_set(&b->numa_placement, false);
    b->vcpu_hard_affinity = calloc(guest->maxvcpus, sizeof b->vcpu_hard_affinity[0]);
    if (b->vcpu_hard_affinity == NULL)
        return err_set(e, "out of memory");
    b->num_vcpu_hard_affinity = (int)guest->maxvcpus;
    if (set_cpus(ctx, &guest->cpus, &b->vcpu_hard_affinity[0], e) != 0)
        return -1;
    for (uint32_t i = 1; i < guest->maxvcpus; i++)
        libxl_bitmap_copy_alloc(ctx, &b->vcpu_hard_affinity[i], &b->vcpu_hard_affinity[0]);
    return 0;
}

/* The modes are libxl's, in its order. */
_Static_assert((int)TSC_NATIVE_PARAVIRT == (int)LIBXL_TSC_MODE_NATIVE_PARAVIRT &&
                   (int)TSC_NATIVE == (int)LIBXL_TSC_MODE_NATIVE,
               "enum guest_tsc follows libxl_tsc_mode");

int xen_build_disk(const struct guest_disk *from, libxl_device_disk *to, struct err *e)
{
    libxl_device_disk_init(to);
    struct stat st;
    if (stat(from->path, &st) != 0)
        return err_set(e, "disk %s: %m", from->path);
    if (!S_ISBLK(st.st_mode) && !S_ISREG(st.st_mode))
        return err_set(e, "disk %s: expected a block device or a file", from->path);
    to->pdev_path = strdup(from->path);
    to->vdev = strdup(from->vdev);
    to->format = LIBXL_DISK_FORMAT_RAW;
    to->backend = LIBXL_DISK_BACKEND_PHY;
    if (S_ISREG(
            st.st_mode)) /* with a script named, libxl leaves files to it: see hotplug_block.c */
        to->script = strdup("block");
    to->readwrite = from->writable;
    to->direct_io_safe = from->direct_io_safe;
    if (from->discard != 0)
        libxl_defbool_set(&to->discard_enable, from->discard == 2);
    return 0;
}

static void set_vif(const struct guest_vif *from, int index, bool unfiltered, libxl_device_nic *to)
{
    libxl_device_nic_init(to);
    to->devid = index;
    to->nictype = LIBXL_NIC_TYPE_VIF;
    memcpy(to->mac, from->mac, sizeof from->mac);
    to->bridge = copy(from->bridge);
    to->ip = copy(from->ip);
    if (unfiltered)
        to->script = strdup("vif-unfiltered");
    to->ifname = copy(from->ifname);
    to->rate_bytes_per_interval = from->rate_bytes;
    to->rate_interval_usecs = from->rate_interval_us;
    if (from->mtu != 0)
        to->mtu = (int)from->mtu;
}

static int set_devices(const struct guest *guest, libxl_domain_config *config, struct err *e)
{
    config->disks = calloc(guest->disks + 1, sizeof config->disks[0]);
    config->nics = calloc(guest->vifs + 1, sizeof config->nics[0]);
    if (config->disks == NULL || config->nics == NULL)
        return err_set(e, "out of memory");
    for (uint32_t i = 0; i < guest->disks; i++) {
        if (xen_build_disk(&guest->disk[i], &config->disks[i], e) != 0)
            return -1;
        config->num_disks++;
    }
    for (uint32_t i = 0; i < guest->vifs; i++)
        set_vif(&guest->vif[i], (int)i, guest->unfiltered, &config->nics[i]);
    config->num_nics = (int)guest->vifs;
    return 0;
}

int xen_build_config(libxl_ctx *ctx, const struct guest *guest, libxl_domain_config *config,
                     struct err *e)
{
    libxl_domain_type type =
        guest->type == GUEST_PVH ? LIBXL_DOMAIN_TYPE_PVH : LIBXL_DOMAIN_TYPE_PV;
    libxl_domain_build_info *b = &config->b_info;
    if (check_file("kernel", guest->kernel, e) != 0 ||
        check_file("ramdisk", guest->ramdisk, e) != 0)
        return -1;
    config->c_info.type = type;
    config->c_info.name = strdup(guest->name);
    memcpy(libxl_uuid_bytearray(&config->c_info.uuid), guest->uuid, sizeof guest->uuid);
    libxl_domain_build_info_init_type(b, type);
    b->max_memkb = (uint64_t)guest->maxmem_mib * 1024;
    b->target_memkb = (uint64_t)guest->memory_mib * 1024;
    b->tsc_mode = (libxl_tsc_mode)guest->tsc_mode;
    b->kernel = copy(guest->kernel);
    b->ramdisk = copy(guest->ramdisk);
    b->cmdline = copy(guest->cmdline);
    config->on_poweroff = action(guest->on[GUEST_END_POWEROFF]);
    config->on_reboot = action(guest->on[GUEST_END_REBOOT]);
    config->on_crash = action(guest->on[GUEST_END_CRASH]);
    config->on_watchdog = config->on_crash;
    if (set_vcpus(ctx, guest, b, e) != 0 || pin(ctx, guest, b, e) != 0)
        return -1;
    return set_devices(guest, config, e);
}
