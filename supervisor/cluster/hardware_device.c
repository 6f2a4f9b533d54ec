#include "cluster/hardware_device.h"

#include <fcntl.h>
#include <linux/watchdog.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* The last has no number in its name: there are drivers that know nothing of several (a BMC's,
 * ipmi_watchdog). Where there is none of them it is the same as watchdog0. */
static void path_of(int number, char path[32])
{
    if (number == HARDWARE_DEVICES - 1)
        snprintf(path, 32, "/dev/watchdog");
    else
        snprintf(path, 32, "/dev/watchdog%d", number);
}

uint32_t hardware_devices(void)
{
    uint32_t found = 0;
    char path[32];
    for (int i = 0; i < HARDWARE_DEVICES; i++) {
        path_of(i, path);
        if (access(path, F_OK) == 0)
            found |= 1U << i;
    }
    return found;
}

int hardware_device_open(int number)
{
    char path[32];
    path_of(number, path);
    return open(path, O_WRONLY | O_CLOEXEC);
}

void hardware_device_name(int fd, char name[HARDWARE_NAME_SIZE])
{
    struct watchdog_info info = {.identity = "of unknown make"};
    ioctl(fd, WDIOC_GETSUPPORT, &info);
    snprintf(name, HARDWARE_NAME_SIZE, "%.*s", (int)sizeof info.identity,
             (const char *)info.identity);
}

uint32_t hardware_device_time(int fd, uint32_t seconds)
{
    int time = (int)seconds;
    if (ioctl(fd, WDIOC_SETTIMEOUT, &time) != 0 && ioctl(fd, WDIOC_GETTIMEOUT, &time) != 0)
        return 0;
    return time > 0 ? (uint32_t)time : 0;
}
