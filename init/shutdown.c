#include "shutdown.h"

#include "crash.h"
#include "loop.h"
#include "say.h"
#include "sys.h"
#include "umount.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>

static const struct {
    const char *name;
    int command;
} endings[] = {
    [END_REBOOT] = {"reboot", RB_AUTOBOOT},
    [END_HALT] = {"halt", RB_HALT_SYSTEM},
    [END_POWEROFF] = {"power off", RB_POWER_OFF},
    [END_HOST_FAILURE] = {"reset after a host failure", RB_AUTOBOOT},
};

static enum ending ending;
static bool hurried;
static bool anybody_left = true; /* children, as the last loop_reap() saw them */

/* Whatever may hang in the kernel is done by a child, with PID 1 watching the clock. If there can
 * be no child, PID 1 takes the risk only for the last step. */
static bool in_child(void (*work)(void))
{
    pid_t pid = fork();
    if (pid == 0) {
        work();
        _exit(0);
    }
    anybody_left = pid > 0;
    return anybody_left;
}

static void nothing(void)
{
}

static bool services_down(void)
{
    int64_t limit = ending == END_HOST_FAILURE ? timing.handover_ms : timing.services_ms;
    return services_stop(hurried ? 0 : limit);
}

static void terminate_all(void)
{
    kill(-1, SIGTERM);
    kill(-1, SIGCONT);
}

static void kill_all(void)
{
    kill(-1, SIGKILL);
}

static bool nobody_left(void)
{
    return !anybody_left;
}

static void flush_work(void)
{
    sync();
    umount_disks();
}

static void flush(void)
{
    if (!in_child(flush_work))
        say("no process to flush the disks with: %s", strerror(errno));
}

static void end_work(void)
{
    reboot(endings[ending].command);
    say("%s: %s", endings[ending].name, strerror(errno));
}

static void end(void)
{
    say("%s now", endings[ending].name);
    if (!in_child(end_work))
        end_work();
}

static bool never(void)
{
    return false;
}

static const struct step {
    const char *what;
    void (*begin)(void);
    bool (*done)(void);
    const int *limit_ms;
} steps[] = {
    {"the services", nothing, services_down, &timing.services_ms},
    {"the other processes", terminate_all, nobody_left, &timing.term_all_ms},
    {"what ignored SIGTERM", kill_all, nobody_left, &timing.kill_all_ms},
    {"flushing the disks", flush, nobody_left, &timing.flush_ms},
    {"the kernel", end, never, &timing.reset_ms},
};

static void note_request(unsigned happened)
{
    if ((happened & ASKED_ANY) == 0)
        return;
    if ((happened & ASKED_POWEROFF) != 0)
        ending = END_POWEROFF;
    else if ((happened & ASKED_HALT) != 0)
        ending = END_HALT;
    else
        ending = END_REBOOT;
    hurried = true;
    say("asked again: hurrying, will %s", endings[ending].name);
}

static bool run_step(const struct step *step)
{
    int64_t begun = sys_now();
    step->begin();
    while (!step->done()) {
        int64_t deadline = begun + *step->limit_ms;
        if (hurried && deadline > begun + timing.hurry_ms)
            deadline = begun + timing.hurry_ms;
        if (sys_now() >= deadline)
            return false;
        int64_t next = services_deadline();
        unsigned happened = loop_wait(next < deadline ? next : deadline);
        if ((happened & CHILD_ENDED) != 0)
            anybody_left = loop_reap();
        services_tick();
        note_request(happened);
    }
    return true;
}

noreturn void shut_down(enum ending wanted)
{
    ending = wanted;
    say("shutting down: %s", endings[ending].name);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        if (!run_step(&steps[i]))
            say("no longer waiting for %s", steps[i].what);
    }
    if (ending == END_REBOOT || ending == END_HOST_FAILURE)
        reset_host();
    say("this host does not switch itself off: do it by hand, all is flushed");
    for (;;)
        pause();
}
