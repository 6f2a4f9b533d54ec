#include "config/guest.h"

#include <stdio.h>
#include <string.h>

#include "base/hash.h"

void guest_init(struct guest *guest)
{
    *guest = (struct guest){
        .type = GUEST_PV,
        .vcpus = 1,
        .priority = GUEST_PRIORITY_DEFAULT,
        .probe_interval_s = 10,
    };
    memcpy(guest->on, restart_default.on, sizeof guest->on);
}

static void derive_uuid(struct guest *guest)
{
    uint64_t half[2] = {hash_text(guest->name, 1), hash_text(guest->name, 2)};
    memcpy(guest->uuid, half, sizeof guest->uuid);
    guest->uuid[6] = (uint8_t)((guest->uuid[6] & 0x0f) | 0x80); /* version 8: by our own rule */
    guest->uuid[8] = (uint8_t)((guest->uuid[8] & 0x3f) | 0x80);
}

static void derive_mac(const struct guest *guest, uint32_t index, uint8_t mac[6])
{
    uint64_t h = hash_text(guest->name, 16 + index);
    mac[0] = 0x00; /* 00:16:3e is assigned to Xen guests */
    mac[1] = 0x16;
    mac[2] = 0x3e;
    mac[3] = (uint8_t)(h & 0x7f);
    mac[4] = (uint8_t)(h >> 8);
    mac[5] = (uint8_t)(h >> 16);
}

static bool all_zero(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != 0)
            return false;
    return true;
}

void guest_complete(struct guest *guest)
{
    if (guest->kernel[0] == '\0')
        snprintf(guest->kernel, sizeof guest->kernel, "%s",
                 guest->type == GUEST_PV ? GUEST_GRUB_PV : GUEST_GRUB_PVH);
    if (guest->maxmem_mib < guest->memory_mib)
        guest->maxmem_mib = guest->memory_mib;
    if (guest->maxvcpus < guest->vcpus)
        guest->maxvcpus = guest->vcpus;
    if (all_zero(guest->uuid, sizeof guest->uuid))
        derive_uuid(guest);
    for (uint32_t i = 0; i < guest->vifs; i++)
        if (all_zero(guest->vif[i].mac, sizeof guest->vif[i].mac))
            derive_mac(guest, i, guest->vif[i].mac);
}

static uint64_t mix_disk(uint64_t h, const struct guest_disk *disk)
{
    h = hash_mix_text(hash_mix_text(h, disk->path), disk->vdev);
    return hash_mix_number(
        hash_mix_number(hash_mix_number(h, disk->writable), disk->direct_io_safe), disk->discard);
}

static uint64_t mix_vif(uint64_t h, const struct guest_vif *vif)
{
    h = hash_mix_text(hash_mix_text(hash_mix(h, vif->mac, sizeof vif->mac), vif->bridge), vif->ip);
    h = hash_mix_number(hash_mix_text(h, vif->ifname), vif->rate_bytes);
    return hash_mix_number(hash_mix_number(h, vif->rate_interval_us), vif->mtu);
}

/* A guest's record keeps signed numbers, and 0 for none. */
static uint64_t as_fingerprint(uint64_t h)
{
    h &= INT64_MAX;
    return h != 0 ? h : 1;
}

uint64_t guest_fingerprint(const struct guest *guest)
{
    const uint64_t number[] = {
        guest->type,       guest->memory_mib, guest->maxmem_mib, guest->vcpus, guest->maxvcpus,
        guest->cpu_weight, guest->cpu_cap,    guest->tsc_mode,   guest->vifs,  guest->unfiltered};
    uint64_t h = hash_mix(hash_text(guest->name, 3), guest->uuid, sizeof guest->uuid);
    for (size_t i = 0; i < sizeof number / sizeof number[0]; i++)
        h = hash_mix_number(h, number[i]);
    h = hash_mix(h, &guest->cpus, sizeof guest->cpus);
    h = hash_mix_text(hash_mix_text(hash_mix_text(h, guest->kernel), guest->ramdisk),
                      guest->cmdline);
    for (uint32_t i = 0; i < guest->vifs; i++)
        h = mix_vif(h, &guest->vif[i]);
    return as_fingerprint(h);
}

uint64_t guest_disks_fingerprint(const struct guest *guest)
{
    uint64_t h = hash_mix_number(hash_text(guest->name, 4), guest->disks);
    for (uint32_t i = 0; i < guest->disks; i++)
        h = mix_disk(h, &guest->disk[i]);
    return as_fingerprint(h);
}

bool guest_name_ok(const char *name)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-";
    size_t length = strlen(name);
    return length > 0 && length < GUEST_NAME_SIZE && name[0] != '.' &&
           strspn(name, letters) == length;
}

const char *guest_type_name(enum guest_type type)
{
    return type == GUEST_PV ? "pv" : "pvh";
}

const char *guest_tsc_name(enum guest_tsc mode)
{
    static const char *const names[TSC_MODES] = {[TSC_DEFAULT] = "default",
                                                 [TSC_ALWAYS_EMULATE] = "always_emulate",
                                                 [TSC_NATIVE] = "native",
                                                 [TSC_NATIVE_PARAVIRT] = "native_paravirt"};
    return names[mode];
}
