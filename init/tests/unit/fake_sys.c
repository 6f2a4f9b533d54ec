#include "fake.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

struct fake_sys fake;

int64_t sys_now(void)
{
    return fake.now;
}

pid_t sys_start(const struct service *service, unsigned slot)
{
    static pid_t last = 100;
    (void)service;
    errno = fake.fork_error;
    if (fake.fork_error != 0)
        return -1;
    fake.slot[slot].starts++;
    fake.slot[slot].pid = ++last;
    return last;
}

bool sys_start_failed(unsigned slot, struct start_failure *why)
{
    (void)slot;
    *why = fake.failure;
    return fake.failure.step != NULL;
}

void sys_signal(pid_t pid, int signal)
{
    for (unsigned i = 0; signal != SIGCONT && i < SERVICES_MAX; i++) {
        if (fake.slot[i].pid == pid)
            fake.slot[i].last_signal = signal;
    }
}

void sys_watch(const char *path)
{
    if (fake.existing != NULL && strcmp(path, fake.existing) == 0)
        fake.existing = NULL;
}

enum readiness sys_ready(const char *path)
{
    if (fake.existing == NULL || strcmp(path, fake.existing) != 0)
        return NOT_YET;
    return fake.refusing ? SOON : READY;
}

bool sys_executable(const char *path)
{
    return fake.not_executable == NULL || strcmp(path, fake.not_executable) != 0;
}

bool sys_contains(const char *file, const char *word)
{
    (void)word;
    return strcmp(file, "/yes") == 0;
}

uint32_t sys_random(void)
{
    return 0;
}

void fake_next_deadline(void)
{
    fake.now = services_deadline();
    services_tick();
}
