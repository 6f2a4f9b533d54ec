#include "service.h"

#include "base/backoff.h"
#include "fmt.h"
#include "say.h"
#include "sys.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#define REST_FIRST_MS 1000  /* before the second restart in a row; doubles from there */
#define HEALTHY_MS    60000 /* a run this long takes back one failure */
#define LOOK_AGAIN_MS 20    /* between two looks at a socket that exists and does not accept yet */

enum state {
    LEFT_OUT, /* takes no part; nobody waits for it */
    WAITING,  /* for the services it needs */
    STARTED,  /* runs: not ready yet, or a one-shot */
    SERVING,  /* runs and is ready */
    DONE,     /* a one-shot that ended well */
    RESTING,  /* ended; starts again at its deadline */
    STOPPING, /* has its stop signal */
    KILLED,   /* has its SIGKILL */
    DOWN,     /* stopped for good */
    STATES
};

enum event { TURN, TIME, APPEARED, ENDED, STOP, EVENTS };

struct slot {
    const struct service *is;
    enum state state;
    pid_t pid;         /* 0: no process */
    int status;        /* of the last end, as from waitpid */
    uint32_t failures; /* that running has not healed yet, see base/backoff.h */
    int64_t started;
    int64_t deadline;
};

static struct slot slots[SERVICES_MAX];
static unsigned count;
static int64_t look_again = NEVER;
static bool closing;       /* services_stop() has been called: nothing starts any more */
static int64_t stop_limit; /* of the service that is being stopped */
static const char *host_failure;

static void step(struct slot *s, enum event event);

static void enter(struct slot *s, enum state state, int64_t deadline)
{
    s->state = state;
    s->deadline = deadline;
}

static unsigned number(const struct slot *s)
{
    return (unsigned)(s - slots);
}

static int or_else(int own, int common)
{
    return own != 0 ? own : common;
}

/* What may pass by itself, as opposed to a file that is missing or not a program. */
static bool temporary(int error)
{
    return error == EAGAIN || error == ENOMEM || error == EMFILE || error == ENFILE ||
           error == ENOSPC || error == EIO || error == ETXTBSY || error == EINTR || error == EBUSY;
}

/* Says in to[] how the slot's process ended; true if trying again soon is pointless. */
static bool describe_end(const struct slot *s, char *to, size_t size)
{
    struct start_failure why;
    if (sys_start_failed(number(s), &why)) {
        bool lasting = !temporary(why.error);
        fmt(to, size, "cannot %s %s: %s (%s)", why.step, why.what, strerror(why.error),
            lasting ? "permanent" : "temporary");
        return lasting;
    }
    if (WIFSIGNALED(s->status))
        fmt(to, size, "killed by signal %d (%s)", WTERMSIG(s->status),
            strsignal(WTERMSIG(s->status)));
    else
        fmt(to, size, "ended with status %d", WEXITSTATUS(s->status));
    return false;
}

/* -- the verbs ----------------------------------------------------------------------------------
 */

static void nothing(struct slot *s)
{
    (void)s;
}

static void rest(struct slot *s, const char *why, bool lasting)
{
    int64_t now = sys_now();
    const struct backoff backoff = {.first_ms = REST_FIRST_MS,
                                    .max_ms = (uint32_t)or_else(s->is->rest_ms, timing.rest_ms),
                                    .healthy_ms = HEALTHY_MS};
    s->failures = backoff_heal(&backoff, s->failures, (uint64_t)(now - s->started));
    if (s->failures < UINT32_MAX)
        s->failures++;
    int64_t delay = (int64_t)backoff_delay(&backoff, s->failures, sys_random());
    if (lasting)
        delay = backoff.max_ms;
    if (delay == 0)
        say("%s: %s; starting it again", s->is->name, why);
    else
        say("%s: %s; next start in %ld.%ld s", s->is->name, why, (long)(delay / 1000),
            (long)(delay % 1000 / 100));
    enter(s, RESTING, now + delay);
}

static void start(struct slot *s)
{
    bool once = (s->is->flags & SERVICE_ONCE) != 0;
    if (s->is->ready != NULL)
        sys_watch(s->is->ready);
    s->started = sys_now();
    s->pid = sys_start(s->is, number(s));
    if (s->pid < 0) {
        char why[SAY_MAX];
        fmt(why, sizeof(why), "no new process: %s", strerror(errno));
        s->pid = 0;
        rest(s, why, false);
        return;
    }
    say("%s: started, process %d", s->is->name, (int)s->pid);
    if (once || s->is->ready != NULL)
        enter(s, STARTED, s->started + timing.ready_ms);
    else
        enter(s, SERVING, NEVER);
}

static const struct slot *missing_need(const struct slot *s);

static void start_anyway(struct slot *s)
{
    const struct slot *missing = missing_need(s);
    say("%s: starting without %s, which is not ready after %d s", s->is->name,
        missing != NULL ? missing->is->name : "what it needs", timing.ready_ms / 1000);
    start(s);
}

static void ready(struct slot *s)
{
    say("%s: ready", s->is->name);
    enter(s, SERVING, NEVER);
}

/* A one-shot is killed, and tried again as after any failure; a service may still get ready. */
static void overdue(struct slot *s)
{
    bool once = (s->is->flags & SERVICE_ONCE) != 0;
    say("%s: not %s after %d s%s", s->is->name, once ? "finished" : "ready", timing.ready_ms / 1000,
        once ? ": killing it" : "");
    if (once)
        sys_signal(s->pid, SIGKILL);
    enter(s, STARTED, NEVER);
}

static void ended(struct slot *s)
{
    bool well = WIFEXITED(s->status) && WEXITSTATUS(s->status) == 0;
    if ((s->is->flags & (SERVICE_ONCE | SERVICE_OPTIONAL)) != 0 && well) {
        say("%s: done", s->is->name);
        enter(s, DONE, NEVER);
        return;
    }
    char how[SAY_MAX];
    bool lasting = describe_end(s, how, sizeof(how));
    if ((s->is->flags & SERVICE_HOST) != 0 && s->state == SERVING) {
        say("%s: %s; it cannot be restarted: this host has failed", s->is->name, how);
        host_failure = s->is->name;
        enter(s, DOWN, NEVER);
        return;
    }
    rest(s, how, lasting);
}

static void stop(struct slot *s)
{
    int64_t limit = or_else(s->is->stop_ms, timing.stop_ms);
    if (limit > stop_limit)
        limit = stop_limit;
    say("%s: stopping, at most %ld s", s->is->name, (long)((limit + 999) / 1000));
    sys_signal(s->pid, or_else(s->is->stop_signal, SIGTERM));
    sys_signal(s->pid, SIGCONT); /* a stopped process could not react */
    enter(s, STOPPING, sys_now() + limit);
}

static void kill_it(struct slot *s)
{
    say("%s: does not stop: killing it", s->is->name);
    sys_signal(s->pid, SIGKILL);
    enter(s, KILLED, sys_now() + timing.kill_ms);
}

static void abandon(struct slot *s)
{
    say("%s: process %d survives SIGKILL (it hangs in the kernel): left behind", s->is->name,
        (int)s->pid);
    enter(s, DOWN, NEVER);
}

static void stopped(struct slot *s)
{
    char how[SAY_MAX];
    describe_end(s, how, sizeof(how));
    say("%s: stopped (%s)", s->is->name, how);
    enter(s, DOWN, NEVER);
}

static void down(struct slot *s)
{
    enter(s, DOWN, NEVER);
}

/* clang-format off */
static void (*const verbs[STATES][EVENTS])(struct slot *) = {
    /*               TURN        TIME            APPEARED   ENDED      STOP */
    [LEFT_OUT] = {   nothing,    nothing,        nothing,   nothing,   down    },
    [WAITING]  = {   start,      start_anyway,   nothing,   nothing,   down    },
    [STARTED]  = {   nothing,    overdue,        ready,     ended,     stop    },
    [SERVING]  = {   nothing,    nothing,        nothing,   ended,     stop    },
    [DONE]     = {   nothing,    nothing,        nothing,   nothing,   down    },
    [RESTING]  = {   nothing,    start,          nothing,   nothing,   down    },
    [STOPPING] = {   nothing,    kill_it,        nothing,   stopped,   nothing },
    [KILLED]   = {   nothing,    abandon,        nothing,   stopped,   nothing },
    [DOWN]     = {   nothing,    nothing,        nothing,   nothing,   nothing },
};
/* clang-format on */

static void step(struct slot *s, enum event event)
{
    verbs[s->state][event](s);
}

/* -- what happens to all of them ------------------------------------------------------------------
 */

/* The first service this one still has to wait for, or NULL. */
static const struct slot *missing_need(const struct slot *s)
{
    for (unsigned n = 0; n < NEEDS_MAX && s->is->needs[n] != NULL; n++) {
        for (const struct slot *other = slots; other < slots + count; other++) {
            bool there =
                other->state == SERVING || other->state == DONE || other->state == LEFT_OUT;
            if (!there && strcmp(other->is->name, s->is->needs[n]) == 0)
                return other;
        }
    }
    return NULL;
}

static const char *why_left_out(const struct service *service, bool rescue)
{
    static char why[SAY_MAX];
    const char *path = service->path != NULL ? service->path : service->argv[0];
    if (rescue)
        return (service->flags & SERVICE_RESCUE) != 0 ? NULL : "rescue mode";
    if (service->only_if.file != NULL &&
        !sys_contains(service->only_if.file, service->only_if.word))
        fmt(why, sizeof(why), "%s does not exist%s%s", service->only_if.file,
            service->only_if.word != NULL ? " or does not say " : "",
            service->only_if.word != NULL ? service->only_if.word : "");
    else if ((service->flags & SERVICE_VITAL) == 0 && !sys_executable(path))
        fmt(why, sizeof(why), "%s is missing or not executable", path);
    else
        return NULL;
    return why;
}

void services_add(const struct service *service, bool rescue)
{
    if (count == SERVICES_MAX) {
        say("%s left out: init runs at most %d services", service->name, SERVICES_MAX);
        return;
    }
    const char *why = why_left_out(service, rescue);
    if (why != NULL && !rescue)
        say("%s left out: %s", service->name, why);
    slots[count++] =
        (struct slot){.is = service, .state = why != NULL ? LEFT_OUT : WAITING, .deadline = NEVER};
}

void services_begin(void)
{
    int64_t now = sys_now();
    for (struct slot *s = slots; s < slots + count; s++) {
        if (s->state == WAITING)
            s->deadline = now + timing.ready_ms;
    }
    services_tick();
}

int64_t services_deadline(void)
{
    int64_t next = look_again;
    for (const struct slot *s = slots; s < slots + count; s++) {
        if (s->deadline < next)
            next = s->deadline;
    }
    return next;
}

static void look_for_readiness(void)
{
    look_again = NEVER;
    for (struct slot *s = slots; s < slots + count; s++) {
        if (s->state != STARTED || s->is->ready == NULL)
            continue;
        enum readiness seen = sys_ready(s->is->ready);
        if (seen == READY)
            step(s, APPEARED);
        else if (seen == SOON)
            look_again = sys_now() + LOOK_AGAIN_MS;
    }
}

void services_tick(void)
{
    look_for_readiness();
    /* Needs point backwards in the table, so one pass serves a whole chain. */
    for (struct slot *s = slots; s < slots + count; s++) {
        if (s->deadline <= sys_now())
            step(s, TIME);
        else if (s->state == WAITING && missing_need(s) == NULL)
            step(s, TURN);
    }
}

void services_ended(pid_t pid, int status)
{
    for (struct slot *s = slots; s < slots + count; s++) {
        if (s->pid != pid)
            continue;
        s->pid = 0;
        s->status = status;
        step(s, ENDED);
        if (closing)
            enter(s, DOWN, NEVER);
        return;
    }
}

const char *services_host_failure(void)
{
    return host_failure;
}

bool services_stop(unsigned flags, int64_t limit_ms)
{
    closing = true;
    stop_limit = limit_ms;
    for (struct slot *s = slots; s < slots + count; s++) {
        if (s->pid == 0)
            step(s, STOP);
    }
    for (struct slot *s = slots + count; s-- > slots;) {
        if (s->state == DOWN || (s->is->flags & flags) != flags)
            continue;
        step(s, STOP);
        if (s->state == STOPPING && s->deadline > sys_now() + limit_ms)
            s->deadline = sys_now() + limit_ms; /* the limit has shrunk: somebody is in a hurry */
        if (s->deadline <= sys_now())
            step(s, TIME);
        if (s->state != DOWN)
            return false;
    }
    return true;
}
