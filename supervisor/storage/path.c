#include "storage/path.h"

const char *path_access_name(enum path_access access)
{
    static const char *const names[ACCESSES] = {
        [ACCESS_NONE] = "",
        [ACCESS_OPTIMIZED] = "optimized",
        [ACCESS_NON_OPTIMIZED] = "non-optimized",
        [ACCESS_LBA_DEPENDENT] = "lba-dependent",
        [ACCESS_STANDBY] = "standby",
        [ACCESS_UNAVAILABLE] = "unavailable",
        [ACCESS_TRANSITION] = "transitioning",
    };
    return names[access];
}

const char *verdict_name(enum verdict verdict)
{
    static const char *const names[VERDICTS] = {
        [VERDICT_NONE] = "unchecked", [VERDICT_UP] = "ready",        [VERDICT_GHOST] = "ghost",
        [VERDICT_DOWN] = "faulty",    [VERDICT_FOREIGN] = "foreign",
    };
    return names[verdict];
}
