/* How the kernel's DRBD (8.4) has one mirror. Numbers and names are include/linux/drbd.h's, which
 * is no part of the kernel's headers for programs. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum drbd_role { DRBD_ROLE_UNKNOWN, DRBD_PRIMARY, DRBD_SECONDARY, DRBD_ROLES };

enum drbd_conn {
    DRBD_STANDALONE,
    DRBD_DISCONNECTING,
    DRBD_UNCONNECTED,
    DRBD_CONN_TIMEOUT,
    DRBD_BROKEN_PIPE,
    DRBD_NETWORK_FAILURE,
    DRBD_PROTOCOL_ERROR,
    DRBD_TEAR_DOWN,
    DRBD_WF_CONNECTION,
    DRBD_WF_REPORT_PARAMS,
    DRBD_CONNECTED, /* from here on both have introduced themselves */
    DRBD_STARTING_SYNC_S,
    DRBD_STARTING_SYNC_T,
    DRBD_WF_BITMAP_S,
    DRBD_WF_BITMAP_T,
    DRBD_WF_SYNC_UUID,
    DRBD_SYNC_SOURCE,
    DRBD_SYNC_TARGET,
    DRBD_VERIFY_S,
    DRBD_VERIFY_T,
    DRBD_PAUSED_SYNC_S,
    DRBD_PAUSED_SYNC_T,
    DRBD_AHEAD,
    DRBD_BEHIND,
    DRBD_CONNS
};

enum drbd_disk {
    DRBD_DISKLESS,
    DRBD_ATTACHING,
    DRBD_FAILED,
    DRBD_NEGOTIATING,
    DRBD_INCONSISTENT,
    DRBD_OUTDATED,
    DRBD_DISK_UNKNOWN, /* the peer's, without a connection */
    DRBD_CONSISTENT,   /* has been up to date, may be outdated */
    DRBD_UP_TO_DATE,
    DRBD_DISKS
};

/* Of the metadata. */
#define DRBD_FLAG_CRASHED_PRIMARY (1U << 6)
/* What a generation identifier is on metadata that has never held data. */
#define DRBD_JUST_CREATED 4

enum drbd_uuid { DRBD_UUID_CURRENT, DRBD_UUID_BITMAP, DRBD_UUID_HISTORY, DRBD_UUIDS = 4 };

struct drbd_state {
    uint32_t resource, device, connection; /* 1: there is one */
    uint32_t role, peer_role, disk, peer_disk;
    uint32_t conn;              /* from these two: */
    uint32_t link, replication; /* of the connection, as far as WFReportParams; of the device */
    uint32_t frozen;            /* 1: writes wait for the peer to be known stale or dead */
    uint32_t no_data;           /* 1: I/O waits for a disk, here or there */
    uint32_t asking;            /* 1: the kernel's helper asks whether the peer is */
    uint32_t flags;
    uint64_t sectors;
    uint64_t uuid[DRBD_UUIDS];
    uint64_t out_of_sync;           /* bytes that differ or may */
    uint64_t sync_total, sync_fail; /* bytes, of the sync that runs */
};

const char *drbd_role_name(uint32_t role);
const char *drbd_conn_name(uint32_t conn);
const char *drbd_disk_name(uint32_t disk);

bool drbd_syncing(uint32_t conn);
