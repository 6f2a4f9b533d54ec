#include "storage/drbd_promote.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/program.h"
#include "config/drbd.h"

static int promote(const char *path, struct err *e)
{
    char program[] = "/usr/sbin/drbdsetup", verb[] = "primary", minor_text[16];
    char *argv[] = {program, verb, minor_text, NULL};
    struct stat st;
    struct err why;
    if (stat(path, &st) != 0 || !S_ISBLK(st.st_mode))
        return err_set(e, "%s: the mirror is not up", path);
    snprintf(minor_text, sizeof minor_text, "%u", minor(st.st_rdev));
    if (program_run(argv, &why) == 0)
        return 0;
    return err_set(e, "%s cannot be made Primary: %s", path, why.text);
}

int drbd_promote_disks(const struct guest *guest, struct err *e)
{
    for (uint32_t i = 0; i < guest->disks; i++) {
        const struct guest_disk *disk = &guest->disk[i];
        if (strncmp(disk->path, DRBD_FOLDER, strlen(DRBD_FOLDER)) == 0 &&
            promote(disk->path, e) != 0)
            return -1;
    }
    return 0;
}
