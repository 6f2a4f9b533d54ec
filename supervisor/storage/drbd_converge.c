/* One pass over the mirrors: what the kernel has told goes to the plan, its steps to a worker, and
 * how it stands to relevod. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/log.h"
#include "storage/drbd.h"

/* Events come in bursts: one pass for all within this. */
#define SETTLE_MS 10
/* So many mirrors are worked on at once: at boot there may be a hundred. */
#define DEEDS_MAX 8

void drbd_settle(struct mirrors *all)
{
    if (!all->settle.set)
        timer_set(&all->settle, SETTLE_MS);
}

/* Whether the device has been given up: by DRBD, unless we have just had it detached. */
static void note_disk(struct mirror *m)
{
    uint32_t disk = m->view.state.device ? m->view.state.disk : DRBD_DISKLESS;
    uint32_t last = m->deed.steps > 0 ? m->deed.step[m->deed.steps - 1] : DRBD_STEPS;
    bool ours = m->child != NULL &&
                (m->doing == DRBD_ORDER_DETACH || last == DRBD_ATTACH || last == DRBD_DOWN);
    if (disk == DRBD_FAILED && m->was_disk != DRBD_FAILED && !ours) {
        m->view.lost_disk = true;
        log_err("mirror %s: %s failed and is given up; relevo drbd attach %s tries it again",
                m->view.want->name, m->view.want->backing, m->view.want->name);
    }
    m->was_disk = disk;
}

static void note_link(struct mirror *m)
{
    struct drbd_view *v = &m->view;
    uint32_t conn = v->state.conn;
    bool was = m->was_conn >= DRBD_CONNECTED, is = conn >= DRBD_CONNECTED;
    if (was && !is)
        m->break_number++;
    if (is && !was) {
        v->connect_at_ms = 0;
        m->connect_ms = 0;
    }
    if (drbd_syncing(conn) && !drbd_syncing(m->was_conn)) {
        m->sync_began_ms = clock_ms();
        m->sync_began_bytes = 0;
    }
    if (conn == DRBD_CONNECTED && (m->was_conn == DRBD_VERIFY_S || m->was_conn == DRBD_VERIFY_T)) {
        v->verified_ms = clock_ms();
        log_line(v->state.out_of_sync > 0 ? LOG_ERR : LOG_NOTICE,
                 "mirror %s: verified: %llu KiB differ", v->want->name,
                 (unsigned long long)(v->state.out_of_sync / 1024));
    }
    m->was_conn = conn;
}

/* Its amount is the most that one side had and the other had not. */
static void note_sync(struct mirror *m)
{
    const struct drbd_state *s = &m->view.state;
    const struct site_drbd *want = m->view.want;
    bool target = s->disk < DRBD_UP_TO_DATE;
    m->sync_began_bytes = s->out_of_sync;
    log_notice("mirror %s: %llu KiB are synced, from %s", want->name,
               (unsigned long long)(s->out_of_sync / 1024),
               want->node[target ? 1 - want->me : want->me].name);
}

void drbd_note_change(struct mirror *m, const struct drbd_event *event)
{
    struct drbd_state *s = &m->view.state;
    drbd_event_apply(event, s);
    if (event->kind == DRBD_EVENT_HELPER && !event->gone &&
        strcmp(event->helper, "split-brain") == 0)
        m->view.split = true;
    note_disk(m);
    note_link(m);
    if (event->kind == DRBD_EVENT_NUMBERS && drbd_syncing(s->conn) && m->sync_began_bytes == 0 &&
        s->out_of_sync != 0)
        note_sync(m);
}

/* Whether an interface has the address: then a socket can be bound to it. */
static bool address_here(const struct drbd_address *a)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    memcpy(&v4.sin_addr, a->bytes, sizeof v4.sin_addr);
    memcpy(&v6.sin6_addr, a->bytes, sizeof v6.sin6_addr);
    int fd = socket(a->v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool here = fd >= 0 && (a->v6 ? bind(fd, (struct sockaddr *)&v6, sizeof v6)
                                  : bind(fd, (struct sockaddr *)&v4, sizeof v4)) == 0;
    if (fd >= 0)
        close(fd);
    return here;
}

/* DRBD_FOLDER NAME leads to the device. */
static void keep_link(const struct mirror *m)
{
    char path[sizeof DRBD_FOLDER + DRBD_NAME_SIZE], to[32], is[32];
    snprintf(path, sizeof path, DRBD_FOLDER "%s", m->view.want->name);
    snprintf(to, sizeof to, "../drbd%u", m->view.want->minor);
    ssize_t n = readlink(path, is, sizeof is - 1);
    if (n > 0 && (size_t)n == strlen(to) && memcmp(is, to, (size_t)n) == 0)
        return;
    unlink(path);
    if ((mkdir(DRBD_FOLDER, 0755) != 0 && errno != EEXIST) || symlink(to, path) != 0)
        log_err("mirror %s: %s: %m", m->view.want->name, path);
}

void drbd_recall(struct mirror *m)
{
    struct drbd_view *v = &m->view;
    m->remembered = drbd_memory_load(v->want->name, &m->memory);
    v->split = m->memory.split;
    v->kept_apart = m->memory.kept_apart;
    v->lost_disk = m->memory.lost_disk;
    if (m->memory.verified_ms != 0)
        v->verified_ms = m->memory.verified_ms;
}

void drbd_remember(struct mirror *m)
{
    const struct drbd_view *v = &m->view;
    const struct drbd_memory *was = &m->memory;
    struct drbd_memory is = {.minor = v->want->minor,
                             .split = v->split,
                             .kept_apart = v->kept_apart,
                             .lost_disk = v->lost_disk,
                             .verified_ms = v->verified_ms};
    struct err e;
    if (m->remembered && was->minor == is.minor && was->split == is.split &&
        was->kept_apart == is.kept_apart && was->lost_disk == is.lost_disk &&
        was->verified_ms == is.verified_ms)
        return;
    if (drbd_memory_save(v->want->name, &is, &e) != 0)
        log_err("mirror %s: %s; going on from memory", v->want->name, e.text);
    m->memory = is;
    m->remembered = true;
}

static void tell(struct mirror *m, uint64_t now)
{
    struct drbd_status s = m->told;
    const struct drbd_plan *p = &m->plan;
    s.mirror = m->index;
    s.condition = p->condition;
    s.state = m->view.state;
    s.use = m->wish.use;
    s.busy = m->child != NULL && (m->deed.steps > 0);
    s.break_number = m->break_number;
    s.split = m->view.split;
    s.lost_disk = m->view.lost_disk;
    s.sync_began_ms = m->sync_began_ms;
    s.sync_began_bytes = m->sync_began_bytes;
    s.ticket = m->done;
    memcpy(s.refused, m->refused, sizeof s.refused);
    memset(s.text, 0, sizeof s.text);
    snprintf(s.text, sizeof s.text, "%.*s", (int)sizeof s.text - 1,
             m->error.text[0] != '\0' ? m->error.text : p->text);
    if (s.condition != m->told.condition || m->changed_ms == 0)
        m->changed_ms = now;
    s.changed_ms = m->changed_ms;
    if (memcmp(&s, &m->told, sizeof s) == 0)
        return;
    m->told = s;
    if (role_send(&s, sizeof s) != 0)
        qb_loop_stop(m->all->loop);
}

/* A verify that is due is an order like another's. */
static uint64_t verify_by_time(struct mirror *m, uint64_t now)
{
    uint64_t due = m->wish.order == DRBD_ORDER_NONE ? drbd_verify_at(&m->view) : 0;
    if (due == 0 || now < due)
        return due;
    m->view.verified_ms = now;
    m->wish.order = DRBD_ORDER_VERIFY;
    return 0;
}

/* Returns when to look again by itself, or 0. */
static uint64_t converge_mirror(struct mirror *m, uint64_t now)
{
    struct drbd_view *v = &m->view;
    uint64_t wake = verify_by_time(m, now);
    v->now_ms = now;
    v->use = m->wish.use;
    v->released = m->wish.released != 0 && m->wish.released == m->break_number;
    v->address_here =
        v->state.conn != DRBD_STANDALONE || address_here(&v->want->node[v->want->me].address);
    drbd_remember(m);
    if (v->state.device)
        keep_link(m);
    if (m->child == NULL && m->wish.order != DRBD_ORDER_NONE)
        drbd_order_start(m);
    drbd_plan_make(v, &m->plan);
    if (m->child == NULL && m->plan.steps == 0 && !m->plan.look && m->plan.wake_ms == 0)
        m->error.text[0] = '\0';
    if (m->child == NULL && (m->plan.steps > 0 || m->plan.look) && m->all->deeds < DEEDS_MAX)
        drbd_deed_start(m, &m->plan, DRBD_ORDER_NONE);
    tell(m, now);
    return clock_earlier(wake, m->plan.wake_ms);
}

void drbd_converge(void *mirrors)
{
    struct mirrors *all = mirrors;
    uint64_t now = clock_ms(), wake = 0;
    if (!all->told_all)
        return;
    for (uint32_t i = 0; i < all->config.mirrors; i++)
        if (all->config.mirror[i].me != DRBD_NOBODY)
            wake = clock_earlier(wake, converge_mirror(&all->mirror[i], now));
    wake = clock_earlier(wake, drbd_strays_converge(all, now));
    if (wake != 0)
        timer_set(&all->wake, wake > now ? wake - now : 0);
}
