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
#include <sys/wait.h>
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
static pid_t worker;

/* Whatever may hang in the kernel is done by a child, with PID 1 watching the clock. */
static bool in_child(void (*work)(void))
{
    worker = fork();
    if (worker == 0) {
        work();
        _exit(0);
    }
    return worker > 0;
}

/* It may be loop_reap() that collects it: then it is no child of ours any more. */
static bool worker_done(void)
{
    int status;
    return worker < 0 || waitpid(worker, &status, WNOHANG) != 0;
}

static void nothing(void)
{
}

static bool services_down(void)
{
    return services_stop(0, hurried ? 0 : timing.services_ms);
}

static bool handed_over(void)
{
    return services_stop(SERVICE_HANDOVER, hurried ? 0 : timing.handover_ms);
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
    return !loop_reap();
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

struct step {
    const char *what;
    void (*begin)(void);
    bool (*done)(void);
    const int *limit_ms;
};

static const struct step orderly[] = {
    {"the services", nothing, services_down, &timing.services_ms},
    {"the other processes", terminate_all, nobody_left, &timing.term_all_ms},
    {"what ignored SIGTERM", kill_all, nobody_left, &timing.kill_all_ms},
    {"flushing the disks", flush, worker_done, &timing.flush_ms},
    {NULL, NULL, NULL, NULL},
};

/* Without xenstored guests cannot be shut down, and whoever asks it something hangs: what remains
 * is to let a peer take over quickly. */
static const struct step host_failure[] = {
    {"the hand-over", nothing, handed_over, &timing.handover_ms},
    {NULL, NULL, NULL, NULL},
};

/* The kernel stops the devices, which takes a RAID controller with a full cache its time. */
static const struct step last = {"the kernel", end, never, &timing.reset_ms};

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
            loop_reap();
        services_tick();
        note_request(happened);
    }
    return true;
}

noreturn void shut_down(enum ending wanted)
{
    ending = wanted;
    say("shutting down: %s", endings[ending].name);
    for (const struct step *s = wanted == END_HOST_FAILURE ? host_failure : orderly;
         s->what != NULL; s++) {
        if (!run_step(s))
            say("no longer waiting for %s", s->what);
    }
    hurried = false; /* there is nothing left to hurry */
    run_step(&last);
    if (endings[ending].command == RB_AUTOBOOT)
        reset_host();
    say("this host does not switch itself off: do it by hand, all is flushed");
    for (;;)
        pause();
}
