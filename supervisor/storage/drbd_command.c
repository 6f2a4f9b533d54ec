#include "storage/drbd_command.h"

#include <stdarg.h>
#include <stdio.h>

#include "storage/drbd_meta.h"

#define DRBDSETUP "/usr/sbin/drbdsetup"
#define DRBDMETA  "/usr/sbin/drbdmeta"

__attribute__((format(printf, 2, 3))) static void add(struct drbd_command *c, const char *format,
                                                      ...)
{
    if (c->argc == DRBD_ARGS_MAX)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(c->text[c->argc], sizeof c->text[0], format, args);
    va_end(args);
    c->argv[c->argc] = c->text[c->argc];
    c->argv[++c->argc] = NULL;
}

static void add_options(struct drbd_command *c, const struct site_drbd *m,
                        enum drbd_option_id first, enum drbd_option_id last)
{
    char value[32];
    for (int id = (int)first; id <= (int)last; id++) {
        bool algorithm = id == DRBD_VERIFY_ALG || id == DRBD_CSUMS_ALG;
        if (algorithm && m->value[id] == DRBD_ALG_NONE)
            continue;
        word_option_format(&drbd_option[id], m->value[id], value, sizeof value);
        add(c, "--%s=%s", drbd_option[id].name, value);
    }
}

static void add_disk_options(struct drbd_command *c, const struct site_drbd *m)
{
    add_options(c, m, DRBD_FENCING, DRBD_ON_IO_ERROR);
    add_options(c, m, DRBD_RESYNC_RATE, DRBD_C_MIN_RATE);
}

static void add_net_options(struct drbd_command *c, const struct site_drbd *m)
{
    add_options(c, m, DRBD_PROTOCOL, DRBD_PROTOCOL);
    add_options(c, m, DRBD_PING_INT, DRBD_KO_COUNT);
    add_options(c, m, DRBD_VERIFY_ALG, DRBD_CSUMS_ALG);
}

static void add_addresses(struct drbd_command *c, const struct site_drbd *m)
{
    char text[DRBD_ADDRESS_TEXT];
    drbd_address_format(&m->node[m->me].address, true, text, sizeof text);
    add(c, "%s", text);
    drbd_address_format(&m->node[1 - m->me].address, true, text, sizeof text);
    add(c, "%s", text);
}

/* What a step's command line has between the verb and the step's own options. */
enum operand { ON_RESOURCE, ON_MINOR, ON_LINK, ON_RESOURCE_AND_LINK, ON_METADATA };

static const struct {
    enum operand operand;
    const char *verb;
    const char *more;
} forms[DRBD_STEPS] = {
    [DRBD_NEW_RESOURCE] = {ON_RESOURCE, "new-resource", NULL},
    [DRBD_NEW_MINOR] = {ON_RESOURCE, "new-minor", NULL},
    [DRBD_APPLY_AL] = {ON_METADATA, "apply-al", NULL},
    [DRBD_ATTACH] = {ON_MINOR, "attach", NULL},
    [DRBD_DETACH] = {ON_MINOR, "detach", NULL},
    [DRBD_CONNECT] = {ON_RESOURCE_AND_LINK, "connect", NULL},
    [DRBD_CONNECT_DISCARD] = {ON_RESOURCE_AND_LINK, "connect", "--discard-my-data=yes"},
    [DRBD_DISCONNECT] = {ON_LINK, "disconnect", NULL},
    [DRBD_PROMOTE] = {ON_MINOR, "primary", NULL},
    [DRBD_PROMOTE_FORCED] = {ON_MINOR, "primary", "--force=yes"},
    [DRBD_DEMOTE] = {ON_MINOR, "secondary", NULL},
    [DRBD_RESUME_IO] = {ON_MINOR, "resume-io", NULL},
    [DRBD_DISK_OPTIONS] = {ON_MINOR, "disk-options", NULL},
    [DRBD_NET_OPTIONS] = {ON_LINK, "net-options", NULL},
    [DRBD_TWO_PRIMARIES] = {ON_LINK, "net-options", "--allow-two-primaries=yes"},
    [DRBD_ONE_PRIMARY] = {ON_LINK, "net-options", "--allow-two-primaries=no"},
    [DRBD_VERIFY] = {ON_MINOR, "verify", NULL},
    [DRBD_RESIZE] = {ON_MINOR, "resize", NULL},
    [DRBD_CREATE_METADATA] = {ON_METADATA, "create-md", NULL},
    [DRBD_STAMP_METADATA] = {ON_METADATA, "write-dev-uuid", NULL},
    [DRBD_SKIP_FIRST_SYNC] = {ON_MINOR, "new-current-uuid", "--clear-bitmap=yes"},
    [DRBD_DOWN] = {ON_RESOURCE, "down", NULL},
};

static void begin(struct drbd_command *c, const struct site_drbd *m, enum drbd_step step)
{
    switch (forms[step].operand) {
    case ON_METADATA:
        add(c, "%s", DRBDMETA);
        /* Without a question at the terminal: what it asks for has been looked at before. */
        add(c, "--force");
        add(c, "%u", m->minor);
        add(c, "v08");
        add(c, "%s", m->backing);
        add(c, "internal");
        add(c, "%s", forms[step].verb);
        return;
    case ON_MINOR:
        add(c, "%s", DRBDSETUP);
        add(c, "%s", forms[step].verb);
        add(c, "%u", m->minor);
        return;
    case ON_LINK:
        add(c, "%s", DRBDSETUP);
        add(c, "%s", forms[step].verb);
        add_addresses(c, m);
        return;
    case ON_RESOURCE:
    case ON_RESOURCE_AND_LINK:
        add(c, "%s", DRBDSETUP);
        add(c, "%s", forms[step].verb);
        add(c, "%s", m->name);
        if (forms[step].operand == ON_RESOURCE_AND_LINK)
            add_addresses(c, m);
        return;
    }
}

void drbd_command_make(const struct site_drbd *m, enum drbd_step step, struct drbd_command *c)
{
    c->argc = 0;
    c->argv[0] = NULL;
    if (step >= DRBD_STEPS)
        return;
    begin(c, m, step);
    if (step == DRBD_NEW_MINOR) {
        add(c, "%u", m->minor);
        add(c, "0"); /* the volume */
    } else if (step == DRBD_ATTACH) {
        add(c, "%s", m->backing);
        add(c, "%s", m->backing); /* with the metadata at its end: */
        add(c, "internal");
        add_disk_options(c, m);
    } else if (step == DRBD_DISK_OPTIONS) {
        add_disk_options(c, m);
    } else if (step == DRBD_CONNECT || step == DRBD_CONNECT_DISCARD || step == DRBD_NET_OPTIONS) {
        add_net_options(c, m);
    } else if (step == DRBD_STAMP_METADATA) {
        add(c, "%016llX", (unsigned long long)drbd_meta_identity(m->name));
    }
    if (forms[step].more != NULL)
        add(c, "%s", forms[step].more);
}
