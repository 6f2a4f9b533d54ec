#include "config/guest_keys.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum kind { NUMBER, PATH, ACTION, NAMES, OTHER };

static int read_uuid(struct reading *r);
static int read_type(struct reading *r);
static int read_cpus(struct reading *r);
static int read_tsc_mode(struct reading *r);
static int read_name(struct reading *r);
static int read_root(struct reading *r);
static int read_extra(struct reading *r);
static int read_cmdline(struct reading *r);
static int read_home(struct reading *r);
static int read_probe(struct reading *r);
static int read_failback(struct reading *r);
static int read_filter(struct reading *r);

#define SIZE(field) sizeof(((struct guest *)0)->field)

/* Rows of the table below. */
#define NUMBER_KEY(key, field, least, most)                                                        \
    {                                                                                              \
        .name = (key), .kind = NUMBER, .at = offsetof(struct guest, field), .min = (least),        \
        .max = (most)                                                                              \
    }
#define PATH_KEY(key, field)                                                                       \
    {                                                                                              \
        .name = (key), .kind = PATH, .at = offsetof(struct guest, field), .max = SIZE(field)       \
    }
#define ACTION_KEY(key, end)                                                                       \
    {                                                                                              \
        .name = (key), .kind = ACTION, .at = offsetof(struct guest, on[end])                       \
    }
#define NAMES_KEY(key, field, count, most)                                                         \
    {                                                                                              \
        .name = (key), .kind = NAMES, .at = offsetof(struct guest, field), .max = (most),          \
        .count_at = offsetof(struct guest, count)                                                  \
    }
#define OTHER_KEY(key, reader)                                                                     \
    {                                                                                              \
        .name = (key), .kind = OTHER, .read = (reader)                                             \
    }

/* Every key of xl.cfg(5) that is supported, then ours. A key that is not here is an error. */
static const struct key {
    const char *name;
    enum kind kind;
    size_t at;                      /* the field; not for OTHER */
    long min, max;                  /* NUMBER: limits; PATH: max is the field's size */
    size_t count_at;                /* NAMES: where their number goes; max is how many fit */
    int (*read)(struct reading *r); /* OTHER */
} keys[] = {
    OTHER_KEY("name", read_name),
    OTHER_KEY("uuid", read_uuid),
    OTHER_KEY("type", read_type),
    NUMBER_KEY("memory", memory_mib, 1, 16L << 20),
    NUMBER_KEY("maxmem", maxmem_mib, 1, 16L << 20),
    NUMBER_KEY("vcpus", vcpus, 1, GUEST_VCPUS_MAX),
    NUMBER_KEY("maxvcpus", maxvcpus, 1, GUEST_VCPUS_MAX),
    NUMBER_KEY("cpu_weight", cpu_weight, 1, 65535),
    NUMBER_KEY("cap", cpu_cap, 0, 100L * GUEST_VCPUS_MAX),
    OTHER_KEY("cpus", read_cpus),
    OTHER_KEY("tsc_mode", read_tsc_mode),
    PATH_KEY("kernel", kernel),
    PATH_KEY("ramdisk", ramdisk),
    OTHER_KEY("cmdline", read_cmdline),
    OTHER_KEY("root", read_root),
    OTHER_KEY("extra", read_extra),
    OTHER_KEY("disk", guest_read_disks),
    OTHER_KEY("vif", guest_read_vifs),
    ACTION_KEY("on_poweroff", GUEST_END_POWEROFF),
    ACTION_KEY("on_reboot", GUEST_END_REBOOT),
    ACTION_KEY("on_crash", GUEST_END_CRASH),
    OTHER_KEY("home", read_home),
    NAMES_KEY("peers", peer, peers, GUEST_PEERS_MAX),
    NUMBER_KEY("priority", priority, 0, 1000),
    NAMES_KEY("after", after, afters, GUEST_AFTER_MAX),
    OTHER_KEY("probe", read_probe),
    NUMBER_KEY("probe_interval", probe_interval_s, 1, 86400),
    OTHER_KEY("failback", read_failback),
    OTHER_KEY("filter", read_filter),
};

/* Well-known keys that stay out, with what to do instead. */
static const struct {
    const char *name, *advice;
} instead[] = {
    {"bootloader",
     "leave it out: a guest that names no kernel boots from its own disk through GRUB"},
    {"bootloader_args", "leave it out: GRUB reads the guest's own configuration"},
    {"builder", "write type=\"pv\" or type=\"pvh\""},
};

int reading_error(struct reading *r, const char *format, ...)
{
    char text[240];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    site_error(r->site, r->place, r->key, "%s", text);
    if (!r->guest->broken)
        snprintf(r->guest->error, sizeof r->guest->error, "%.60s:%d: %.30s: %.120s", r->place.file,
                 r->place.line, r->key != NULL ? r->key : "file", text);
    r->guest->broken = true;
    return -1;
}

const char *reading_complaint(struct reading *r)
{
    fflush(r->report);
    char *end = r->complaint != NULL ? strchr(r->complaint, '\n') : NULL;
    if (end != NULL)
        *end = '\0';
    rewind(r->report);
    return r->complaint != NULL && r->complaint[0] != '\0' ? r->complaint : "cannot be read";
}

int guest_copy(char *field, size_t size, const char *text)
{
    size_t length = strlen(text);
    if (length >= size)
        return -1;
    memcpy(field, text, length + 1);
    return 0;
}

/* The key's value as a string. */
static int get_text(struct reading *r, const char **text)
{
    if (xlu_cfg_get_string(r->cfg, r->key, text, 1) == 0)
        return 0;
    return reading_error(r, "expected a string");
}

static int read_number(struct reading *r, const struct key *key)
{
    long value = 0;
    if (xlu_cfg_get_long(r->cfg, r->key, &value, 1) != 0 || value < key->min || value > key->max)
        return reading_error(r, "expected a number from %ld to %ld", key->min, key->max);
    int32_t narrow = (int32_t)value; /* int32_t and uint32_t fields: limits are far below 2^31 */
    memcpy((char *)r->guest + key->at, &narrow, sizeof narrow);
    return 0;
}

static int read_path(struct reading *r, const struct key *key)
{
    const char *text;
    if (get_text(r, &text) != 0)
        return -1;
    if (text[0] != '/')
        return reading_error(r, "%.60s: expected an absolute path", text);
    if (guest_copy((char *)r->guest + key->at, (size_t)key->max, text) != 0)
        return reading_error(r, "expected at most %ld characters", key->max - 1);
    return 0;
}

static int read_action(struct reading *r, const struct key *key)
{
    const char *text;
    if (get_text(r, &text) != 0)
        return -1;
    enum restart_action *action = (void *)((char *)r->guest + key->at);
    if (strcmp(text, "destroy") == 0)
        *action = RESTART_NO;
    else if (strcmp(text, "restart") == 0)
        *action = RESTART_YES;
    else
        return reading_error(r, "%.40s: expected \"destroy\" or \"restart\"", text);
    return 0;
}

/* A list of names; one string is a list of one. */
static int read_names(struct reading *r, const struct key *key)
{
    XLU_ConfigList *list = NULL;
    int n = 1;
    const char *single = NULL;
    if (xlu_cfg_get_list(r->cfg, r->key, &list, &n, 1) != 0 && get_text(r, &single) != 0)
        return -1;
    if (n > key->max)
        return reading_error(r, "expected at most %ld names", key->max);
    char(*name)[GUEST_NAME_SIZE] = (void *)((char *)r->guest + key->at);
    for (int i = 0; i < n; i++) {
        const char *text = single != NULL ? single : xlu_cfg_get_listitem(list, i);
        if (text == NULL || !guest_name_ok(text))
            return reading_error(r, "%.60s: expected a name", text != NULL ? text : "a list");
        guest_copy(name[i], GUEST_NAME_SIZE, text);
    }
    uint32_t count = (uint32_t)n;
    memcpy((char *)r->guest + key->count_at, &count, sizeof count);
    return 0;
}

int guest_key_read(struct reading *r)
{
    for (size_t i = 0; i < sizeof instead / sizeof instead[0]; i++)
        if (strcmp(instead[i].name, r->key) == 0)
            return reading_error(r, "not supported; %s", instead[i].advice);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (strcmp(keys[i].name, r->key) != 0)
            continue;
        switch (keys[i].kind) {
        case NUMBER:
            return read_number(r, &keys[i]);
        case PATH:
            return read_path(r, &keys[i]);
        case ACTION:
            return read_action(r, &keys[i]);
        case NAMES:
            return read_names(r, &keys[i]);
        case OTHER:
            return keys[i].read(r);
        }
    }
    return reading_error(r, "not supported; expected a key of relevo-guest(5)");
}

static int read_name(struct reading *r)
{
    const char *text;
    if (get_text(r, &text) != 0)
        return -1;
    if (!guest_name_ok(text))
        return reading_error(r, "%.70s: expected 1 to 63 letters, digits or ._+-", text);
    return guest_copy(r->guest->name, sizeof r->guest->name, text);
}

int guest_parse_uuid(const char *text, uint8_t uuid[16])
{
    libxl_uuid parsed;
    if (strlen(text) != 36 || libxl_uuid_from_string(&parsed, text) != 0)
        return -1;
    memcpy(uuid, libxl_uuid_bytearray(&parsed), 16);
    return 0;
}

static int read_uuid(struct reading *r)
{
    const char *text;
    if (get_text(r, &text) != 0)
        return -1;
    if (guest_parse_uuid(text, r->guest->uuid) != 0)
        return reading_error(r, "%.60s: expected XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX", text);
    return 0;
}

int guest_parse_filter(const char *text, struct guest *guest)
{
    guest->unfiltered = strcmp(text, "off") == 0;
    return guest->unfiltered || strcmp(text, "on") == 0 ? 0 : -1;
}

int guest_parse_type(const char *text, enum guest_type *type)
{
    for (enum guest_type t = GUEST_PV; t <= GUEST_PVH; t++)
        if (strcmp(text, guest_type_name(t)) == 0) {
            *type = t;
            return 0;
        }
    return -1;
}

static int read_type(struct reading *r)
{
    const char *text;
    if (get_text(r, &text) != 0)
        return -1;
    if (guest_parse_type(text, &r->guest->type) != 0)
        return reading_error(r, "%.40s: expected \"pv\" or \"pvh\"", text);
    return 0;
}

static int read_cpus(struct reading *r)
{
    const char *text;
    if (get_text(r, &text) != 0)
        return -1;
    if (cpus_parse(text, &r->guest->cpus) != 0)
        return reading_error(r, "%.40s: expected processors below %d, as in \"0-3,5,^1\"", text,
                             CPUS_MAX);
    return 0;
}

static int read_tsc_mode(struct reading *r)
{
    const char *text;
    if (get_text(r, &text) != 0)
        return -1;
    for (enum guest_tsc mode = TSC_DEFAULT; mode < TSC_MODES; mode++)
        if (strcmp(text, guest_tsc_name(mode)) == 0) {
            r->guest->tsc_mode = mode;
            return 0;
        }
    return reading_error(r,
                         "%.40s: expected \"default\", \"always_emulate\", \"native\" or "
                         "\"native_paravirt\"",
                         text);
}

/* cmdline=, or root= and extra= which xl joins to "root=ROOT EXTRA". */
static int read_cmdline(struct reading *r)
{
    const char *text, *other;
    if (get_text(r, &text) != 0)
        return -1;
    if (xlu_cfg_get_string(r->cfg, "root", &other, 1) == 0 ||
        xlu_cfg_get_string(r->cfg, "extra", &other, 1) == 0)
        return reading_error(r, "expected without root= and extra=, or these without cmdline=");
    if (guest_copy(r->guest->cmdline, sizeof r->guest->cmdline, text) != 0)
        return reading_error(r, "expected at most %zu characters", SIZE(cmdline) - 1);
    return 0;
}

static int join_cmdline(struct reading *r)
{
    const char *root = NULL, *extra = NULL;
    xlu_cfg_get_string(r->cfg, "root", &root, 1);
    xlu_cfg_get_string(r->cfg, "extra", &extra, 1);
    int n = snprintf(r->guest->cmdline, sizeof r->guest->cmdline, "%s%s%s%s",
                     root != NULL ? "root=" : "", root != NULL ? root : "",
                     root != NULL && extra != NULL ? " " : "", extra != NULL ? extra : "");
    if (n >= (int)sizeof r->guest->cmdline)
        return reading_error(r, "expected at most %zu characters", SIZE(cmdline) - 1);
    return 0;
}

static int read_root(struct reading *r)
{
    const char *text;
    return get_text(r, &text) != 0 ? -1 : join_cmdline(r);
}

static int read_extra(struct reading *r)
{
    const char *text;
    return get_text(r, &text) != 0 ? -1 : join_cmdline(r);
}

static int read_home(struct reading *r)
{
    const char *text;
    if (get_text(r, &text) != 0)
        return -1;
    if (!guest_name_ok(text))
        return reading_error(r, "%.60s: expected a hostname", text);
    return guest_copy(r->guest->home, sizeof r->guest->home, text);
}

static int read_probe(struct reading *r)
{
    const char *text;
    if (get_text(r, &text) != 0)
        return -1;
    const char *port = strncmp(text, "tcp:", 4) == 0 ? strrchr(text + 4, ':') : NULL;
    bool ok = port != NULL && port > text + 4 && port[1] != '\0' &&
              strspn(port + 1, "0123456789") == strlen(port + 1) && strlen(port + 1) <= 5 &&
              strtol(port + 1, NULL, 10) <= 65535;
    if (!ok || guest_copy(r->guest->probe, sizeof r->guest->probe, text) != 0)
        return reading_error(r, "%.80s: expected \"tcp:ADDRESS:PORT\"", text);
    return 0;
}

static int read_failback(struct reading *r)
{
    const char *text;
    if (get_text(r, &text) != 0)
        return -1;
    if (strcmp(text, "manual") != 0 && strcmp(text, "auto") != 0)
        return reading_error(r, "%.40s: expected \"manual\" or \"auto\"", text);
    r->guest->failback = text[0] == 'a' ? FAILBACK_AUTO : FAILBACK_MANUAL;
    return 0;
}

static int read_filter(struct reading *r)
{
    const char *text;
    if (get_text(r, &text) != 0)
        return -1;
    if (guest_parse_filter(text, r->guest) != 0)
        return reading_error(r, "%.40s: expected \"on\" or \"off\"", text);
    return 0;
}
