#include "storage/drbd_state.h"

const char *drbd_role_name(uint32_t role)
{
    static const char *const names[DRBD_ROLES] = {"Unknown", "Primary", "Secondary"};
    return names[role < DRBD_ROLES ? role : DRBD_ROLE_UNKNOWN];
}

const char *drbd_conn_name(uint32_t conn)
{
    static const char *const names[DRBD_CONNS] = {
        "StandAlone",     "Disconnecting", "Unconnected",   "Timeout",      "BrokenPipe",
        "NetworkFailure", "ProtocolError", "TearDown",      "WFConnection", "WFReportParams",
        "Connected",      "StartingSyncS", "StartingSyncT", "WFBitMapS",    "WFBitMapT",
        "WFSyncUUID",     "SyncSource",    "SyncTarget",    "VerifyS",      "VerifyT",
        "PausedSyncS",    "PausedSyncT",   "Ahead",         "Behind",
    };
    return conn < DRBD_CONNS ? names[conn] : "Unknown";
}

const char *drbd_disk_name(uint32_t disk)
{
    static const char *const names[DRBD_DISKS] = {
        "Diskless", "Attaching", "Failed",     "Negotiating", "Inconsistent",
        "Outdated", "DUnknown",  "Consistent", "UpToDate",
    };
    return names[disk < DRBD_DISKS ? disk : DRBD_DISK_UNKNOWN];
}

bool drbd_syncing(uint32_t conn)
{
    return (conn >= DRBD_STARTING_SYNC_S && conn <= DRBD_SYNC_TARGET) ||
           conn == DRBD_PAUSED_SYNC_S || conn == DRBD_PAUSED_SYNC_T;
}
