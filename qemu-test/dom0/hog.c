/* A dom0 that hangs: on a host whose dom0 has one processor nothing else runs any more, kernel
 * threads included; only interrupts are still served. For the lab's tests of a cluster, where
 * Xen's watchdog has to end this. */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The scheduler leaves others a twentieth of the time, unless told otherwise. */
static int take_all_time(void)
{
    int fd = open("/proc/sys/kernel/sched_rt_runtime_us", O_WRONLY | O_CLOEXEC);
    return fd >= 0 && write(fd, "-1", 2) == 2 ? close(fd) : -1;
}

int main(void)
{
    /* The raw call: musl's sched_setscheduler() returns ENOSYS. */
    const struct sched_param param = {.sched_priority = 99};
    if (take_all_time() != 0 || syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &param) != 0) {
        perror("hog");
        return 1;
    }
    for (;;)
        __asm__ volatile("" ::: "memory");
}
