/* hardware_device.h without devices: watchdog N is the file $RELEVO_FAKE_XEN/hardware.N, which
 * takes what is written to it; hardware.N.name is what its driver calls itself, hardware.N.seconds
 * what it was set to. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cluster/hardware_device.h"

static int open_number; /* one at a time */

static void path_of(char path[PATH_MAX], const char *suffix)
{
    const char *world = getenv("RELEVO_FAKE_XEN");
    snprintf(path, PATH_MAX, "%s/hardware.%d%s", world != NULL ? world : "", open_number, suffix);
}

uint32_t hardware_devices(void)
{
    uint32_t found = 0;
    char path[PATH_MAX];
    for (open_number = 0; open_number < HARDWARE_DEVICES; open_number++) {
        path_of(path, "");
        if (access(path, F_OK) == 0)
            found |= 1U << open_number;
    }
    return found;
}

int hardware_device_open(int number)
{
    char path[PATH_MAX];
    open_number = number;
    path_of(path, "");
    return open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
}

void hardware_device_name(int fd, char name[HARDWARE_NAME_SIZE])
{
    char path[PATH_MAX];
    (void)fd;
    path_of(path, ".name");
    if (file_read(path, name, HARDWARE_NAME_SIZE, NULL) != 0)
        name[0] = '\0';
}

uint32_t hardware_device_time(int fd, uint32_t seconds)
{
    char path[PATH_MAX], text[16];
    (void)fd;
    path_of(path, ".seconds");
    snprintf(text, sizeof text, "%u", seconds);
    return file_replace(path, text, NULL) == 0 ? seconds : 0;
}
