/* What init does when nothing else helps. */
#pragma once
#include <stdnoreturn.h>

/* Resets the host from now on when init itself crashes: SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT,
 * SIGSYS are caught on a stack of their own, the reason is printed, and after timing.disaster_ms
 * the host is reset. Without this the kernel would panic, or freeze. */
void crash_open(void);

/* Leaves time to read what was said last, then resets the host. */
noreturn void disaster(void);

/* Resets the host by sysrq, which waits for nothing, or by reboot(2), which stops the devices first
 * and may hang on one of them. Nothing is flushed. */
noreturn void reset_host(void);
