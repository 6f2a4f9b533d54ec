/* The one place where PID 1 waits: for a signal, a path or a deadline. Without any of them it
 * sleeps for ever; there is no tick. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum happened {
    CHILD_ENDED = 1 << 0,
    PATH_APPEARED = 1 << 1,
    ASKED_REBOOT = 1 << 2,
    ASKED_HALT = 1 << 3,
    ASKED_POWEROFF = 1 << 4,
};
#define ASKED_ANY (ASKED_REBOOT | ASKED_HALT | ASKED_POWEROFF)

/* Sets every signal to its default and blocks those that are no crash; opens the descriptors. Once,
 * before crash_open(). Where the kernel lacks signalfd or inotify, that is said, and init looks
 * every second instead. */
void loop_open(void);

/* Waits until something happened or sys_now() reaches the deadline. Returns enum happened bits, 0
 * at the deadline. Says who asked for what. */
unsigned loop_wait(int64_t deadline);

/* Collects ended children and reports them to the services, a bounded number at a time so that a
 * storm of them cannot keep deadlines waiting; the rest makes the next loop_wait() return at once.
 * Returns whether any child is left, ended or not. */
bool loop_reap(void);
