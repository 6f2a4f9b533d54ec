#include "cluster/hardware_device.h"

#include <fcntl.h>
#include <linux/watchdog.h>
#include <stdio.h>
#include <sys/ioctl.h>

int hardware_device_open(int number)
{
    char path[32];
    snprintf(path, sizeof path, "/dev/watchdog%d", number);
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
