#include "storage/drbd_deed.h"

#include <string.h>

#include "base/child.h"
#include "base/program.h"

static bool closed(const char *text, size_t size)
{
    return memchr(text, '\0', size) != NULL;
}

bool drbd_mirror_ok(const struct site_drbd *m)
{
    if (!closed(m->name, sizeof m->name) || !closed(m->backing, sizeof m->backing) ||
        m->me > DRBD_NOBODY)
        return false;
    for (int i = 0; i < 2; i++)
        if (!closed(m->node[i].name, sizeof m->node[i].name))
            return false;
    for (int id = 0; id < DRBD_OPTIONS; id++)
        if (!word_option_ok(&drbd_option[id], m->value[id]))
            return false;
    return true;
}

bool drbd_deed_ok(const void *data, size_t size)
{
    const struct drbd_deed *d = data;
    if (size != sizeof *d || !drbd_mirror_ok(&d->mirror) || d->mirror.me == DRBD_NOBODY ||
        d->steps > DRBD_PLAN_STEPS_MAX)
        return false;
    for (uint32_t i = 0; i < d->steps; i++)
        if (d->step[i] >= DRBD_STEPS)
            return false;
    return true;
}

bool drbd_deed_reply_ok(const void *data, size_t size)
{
    const struct drbd_deed_reply *r = data;
    return size == sizeof *r && r->step <= DRBD_STEPS && r->found.kind < DRBD_FOUNDS &&
           closed(r->found.text, sizeof r->found.text) &&
           closed(r->error.text, sizeof r->error.text);
}

/* Nothing is done to a device that is not this mirror's: it may be another than it was. */
static int check_device(const struct site_drbd *m, struct err *e)
{
    struct drbd_found found;
    drbd_meta_look(m->backing, m->name, &found);
    if (found.kind == DRBD_FOUND_OURS)
        return 0;
    if (found.kind == DRBD_FOUND_MISSING || found.kind == DRBD_FOUND_TOO_SMALL)
        return err_set(e, "%s", found.text);
    return err_set(e, "%s has %s", m->backing,
                   found.kind == DRBD_FOUND_FOREIGN ? "the metadata of another mirror"
                                                    : "no metadata");
}

static void work(const struct drbd_deed *deed, struct drbd_deed_reply *reply)
{
    static struct drbd_command command;
    for (uint32_t i = 0; i < deed->steps && reply->result == 0; i++) {
        drbd_command_make(&deed->mirror, (enum drbd_step)deed->step[i], &command);
        if (deed->step[i] == DRBD_APPLY_AL)
            reply->result = check_device(&deed->mirror, &reply->error);
        if (reply->result == 0)
            reply->result = program_run(command.argv, &reply->error);
        reply->step = deed->step[i];
    }
    if (deed->look)
        drbd_meta_look(deed->mirror.backing, deed->mirror.name, &reply->found);
}

int drbd_deed_role(void)
{
    static struct drbd_deed deed;
    static struct drbd_deed_reply reply;
    ptrdiff_t size = role_receive(&deed, sizeof deed);
    if (size <= 0)
        return size == 0 ? 0 : 1;
    if (drbd_deed_ok(&deed, (size_t)size))
        work(&deed, &reply);
    else
        reply.result = err_set(&reply.error, "a broken message");
    return role_send(&reply, sizeof reply) == 0 ? 0 : 1;
}
