/* One guest as configured. Plain data without pointers: it travels to the worker as it is. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "config/cpus.h"
#include "core/restart.h"

#define GUEST_NAME_SIZE        64 /* with the NUL, as all sizes here */
#define GUEST_PATH_SIZE        256
#define GUEST_DISKS_MAX        16
#define GUEST_VIFS_MAX         8
#define GUEST_PEERS_MAX        8 /* of which a cluster takes CORE_PEERS and CORE_AFTER */
#define GUEST_AFTER_MAX        8
#define GUEST_VCPUS_MAX        128 /* libxl's and Xen's limit for PV and PVH */
#define GUEST_PRIORITY_DEFAULT 100

enum guest_type { GUEST_PV, GUEST_PVH };
enum guest_tsc { TSC_DEFAULT, TSC_ALWAYS_EMULATE, TSC_NATIVE, TSC_NATIVE_PARAVIRT, TSC_MODES };
enum guest_failback { FAILBACK_MANUAL, FAILBACK_AUTO };

struct guest_disk {
    char path[GUEST_PATH_SIZE]; /* a block device, or a file with a raw image */
    char vdev[16];              /* xvda … */
    bool writable;
    bool direct_io_safe;
    uint8_t discard; /* 0 as the device does it, 1 off, 2 on */
};

struct guest_vif {
    uint8_t mac[6];
    char bridge[16];
    char ip[128]; /* the addresses the guest may use; filters are built from it */
    char ifname[16];
    uint64_t rate_bytes; /* per rate_interval_us; 0: no limit */
    uint32_t rate_interval_us;
    uint32_t mtu; /* 0: the bridge's */
};

struct guest {
    char name[GUEST_NAME_SIZE];
    uint8_t uuid[16];
    enum guest_type type;
    uint32_t memory_mib;
    uint32_t maxmem_mib; /* at least memory_mib */
    uint32_t vcpus;
    uint32_t maxvcpus;   /* at least vcpus */
    uint32_t cpu_weight; /* 0: Xen's default */
    uint32_t cpu_cap;    /* percent of one CPU; 0: none */
    struct cpus cpus;    /* the host's on which it runs */
    enum guest_tsc tsc_mode;
    char kernel[GUEST_PATH_SIZE];
    char ramdisk[GUEST_PATH_SIZE];
    char cmdline[1024];
    struct guest_vif vif[GUEST_VIFS_MAX];
    uint32_t vifs;
    bool unfiltered; /* its interfaces may send as whoever they like */
    enum restart_action on[GUEST_END_COUNT];

    /* Placement */
    char home[GUEST_NAME_SIZE]; /* empty: no node starts it by itself */
    char peer[GUEST_PEERS_MAX][GUEST_NAME_SIZE];
    uint32_t peers;
    int32_t priority; /* 0 to 1000, higher starts earlier and stops later */
    char after[GUEST_AFTER_MAX][GUEST_NAME_SIZE];
    uint32_t afters;
    char probe[128];
    uint32_t probe_interval_s;
    enum guest_failback failback;

    char origin[128]; /* the file, or "command line" */
    bool broken;      /* its description has errors: it is shown, never started */
    char error[240];  /* the first of them */

    uint32_t disks;
    struct guest_disk disk[GUEST_DISKS_MAX]; /* the last: see guest_size() */
};

/* A guest takes 10 KB, and most have a disk or two: a site keeps no more of it than is used. Such a
 * one is copied with its size, and not by "=". */
static inline size_t guest_size(const struct guest *guest)
{
    return offsetof(struct guest, disk) + guest->disks * sizeof guest->disk[0];
}

/* GRUB for Xen: the boot loaders of guests that name no kernel. */
#define GUEST_GRUB_PV  "/usr/lib/grub-xen/grub-x86_64-xen.bin"
#define GUEST_GRUB_PVH "/usr/lib/grub-xen/grub-i386-xen_pvh.bin"

/* Everything at its default, as xl.cfg(5) and relevo-guest(5) give it. */
void guest_init(struct guest *guest);

/* Fills what was not given: the kernel, the uuid and the MAC addresses. Both are derived from the
 * guest's name, so that every node and every start gives it the same. */
void guest_complete(struct guest *guest);

/* A number for all that a domain is built with but its disks, never 0: another one means that the
 * guest has to be started anew to become what is described. What relevod alone acts on (home,
 * priority, on_crash …) holds at once and does not count. */
uint64_t guest_fingerprint(const struct guest *guest);
/* The same for its disks, which come and go while it runs. */
uint64_t guest_disks_fingerprint(const struct guest *guest);

/* A disk as xl.cfg(5) writes it, by the rules of guest files: 0, or -1 and what was expected. */
int guest_parse_disk(const char *spec, struct guest_disk *disk, struct err *e);

/* Letters, digits and ._+- , not beginning with a dot; shorter than GUEST_NAME_SIZE. Names become
 * file names and xenstore keys. */
bool guest_name_ok(const char *name);

const char *guest_type_name(enum guest_type type);

/* As xl.cfg(5) calls the mode. */
const char *guest_tsc_name(enum guest_tsc mode);
