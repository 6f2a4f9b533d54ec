#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "config/drbd.h"

static const char *const protocols[] = {"A", "B", "C", NULL};
static const char *const fencings[] = {"resource-and-stonith", "dont-care", NULL};
static const char *const on_io_errors[] = {"detach", "pass_on", NULL};
static const char *const algorithms[] = {"none", "crc32c", "sha256", NULL};

/* A peer that falls silent is noticed after ping-int and ping-timeout, 2.5 s, or while it owes
 * answers after timeout; drbd.conf's own 10 s and 6 s are longer than a guest should stand still.
 * c-min-rate is what a sync gets while guests are busy: at its own 250 KiB/s a mirror of 100 GB
 * would have one current copy for five days. Limits and the rest are drbd.conf's: 0.1 s for
 * ping-timeout and timeout, KiB/s for the rates, sectors for c-fill-target. verify-every is ours:
 * hours. */
const struct word_option drbd_option[DRBD_OPTIONS] = {
    /* name, initial, min, max, zero, never, names */
    [DRBD_PROTOCOL] = {"protocol", DRBD_PROTOCOL_C, 0, 0, NULL, NULL, protocols},
    [DRBD_FENCING] = {"fencing", DRBD_FENCING_STONITH, 0, 0, NULL, NULL, fencings},
    [DRBD_ON_IO_ERROR] = {"on-io-error", 0, 0, 0, NULL, NULL, on_io_errors},
    [DRBD_PING_INT] = {"ping-int", 2, 1, 120, NULL, NULL, NULL},
    [DRBD_PING_TIMEOUT] = {"ping-timeout", 5, 1, 300, NULL, NULL, NULL},
    [DRBD_TIMEOUT] = {"timeout", 15, 1, 600, NULL, NULL, NULL},
    [DRBD_CONNECT_INT] = {"connect-int", 2, 1, 120, NULL, NULL, NULL},
    [DRBD_KO_COUNT] = {"ko-count", 7, 0, 200, NULL, NULL, NULL},
    [DRBD_RESYNC_RATE] = {"resync-rate", 250, 1, 4 << 20, NULL, NULL, NULL},
    [DRBD_C_PLAN_AHEAD] = {"c-plan-ahead", 20, 0, 300, NULL, NULL, NULL},
    [DRBD_C_FILL_TARGET] = {"c-fill-target", 100, 0, 1 << 20, NULL, NULL, NULL},
    [DRBD_C_MAX_RATE] = {"c-max-rate", 102400, 250, 4 << 20, NULL, NULL, NULL},
    [DRBD_C_MIN_RATE] = {"c-min-rate", 8192, 0, 4 << 20, NULL, NULL, NULL},
    [DRBD_VERIFY_ALG] = {"verify-alg", 1, 0, 0, NULL, NULL, algorithms},
    [DRBD_CSUMS_ALG] = {"csums-alg", DRBD_ALG_NONE, 0, 0, NULL, NULL, algorithms},
    [DRBD_VERIFY_EVERY] = {"verify-every", 0, 1, 8784, "never", NULL, NULL},
};

void drbd_address_format(const struct drbd_address *address, bool family, char *text, size_t size)
{
    char ip[INET6_ADDRSTRLEN];
    bool v6 = address->v6 != 0;
    inet_ntop(v6 ? AF_INET6 : AF_INET, address->bytes, ip, sizeof ip);
    snprintf(text, size, "%s%s%s%s:%u", family ? (v6 ? "ipv6:" : "ipv4:") : "", v6 ? "[" : "", ip,
             v6 ? "]" : "", address->port);
}

int drbd_find_disk(const struct drbd_config *config, const char *path)
{
    size_t folder = strlen(DRBD_FOLDER);
    if (strncmp(path, DRBD_FOLDER, folder) != 0)
        return -1;
    for (uint32_t i = 0; i < config->mirrors; i++)
        if (strcmp(config->mirror[i].name, path + folder) == 0)
            return (int)i;
    return -1;
}
