/* What is done about a mirror, from how it stands: one table of views and what follows. */
#include <stdio.h>
#include <string.h>

#include "storage/drbd_plan.h"
#include "tests/test.h"

static struct site_drbd web(void)
{
    struct site_drbd m = {.name = "web", .minor = 3, .me = 0, .backing = "/dev/sdb"};
    static const uint8_t here[4] = {10, 0, 0, 1}, there[4] = {10, 0, 0, 2};
    snprintf(m.node[0].name, sizeof m.node[0].name, "blade1");
    snprintf(m.node[1].name, sizeof m.node[1].name, "blade2");
    memcpy(m.node[0].address.bytes, here, sizeof here);
    memcpy(m.node[1].address.bytes, there, sizeof there);
    m.node[0].address.port = m.node[1].address.port = 7788;
    for (int id = 0; id < DRBD_OPTIONS; id++)
        m.value[id] = drbd_option[id].initial;
    return m;
}

static struct site_drbd want;

/* Not up yet, its device ours, no guest, an hour after the boot. */
static struct drbd_view down(void)
{
    want = web();
    return (struct drbd_view){.want = &want,
                              .state = {.peer_disk = DRBD_DISK_UNKNOWN},
                              .found = {.kind = DRBD_FOUND_OURS},
                              .use = DRBD_USE_NONE,
                              .address_here = true,
                              .now_ms = 3600000};
}

static struct drbd_view standing(uint32_t role, uint32_t conn, uint32_t disk, uint32_t peer_disk)
{
    struct drbd_view v = down();
    v.state = (struct drbd_state){.resource = 1,
                                  .device = 1,
                                  .connection = conn != DRBD_STANDALONE,
                                  .role = role,
                                  .peer_role = conn >= DRBD_CONNECTED ? DRBD_SECONDARY : 0,
                                  .conn = conn,
                                  .disk = disk,
                                  .peer_disk = peer_disk};
    v.options_set = true;
    v.use = role == DRBD_PRIMARY ? DRBD_USE_HERE : DRBD_USE_NONE;
    return v;
}

static struct drbd_view good(void)
{
    return standing(DRBD_SECONDARY, DRBD_CONNECTED, DRBD_UP_TO_DATE, DRBD_UP_TO_DATE);
}

static struct drbd_view frozen(void)
{
    struct drbd_view v =
        standing(DRBD_PRIMARY, DRBD_WF_CONNECTION, DRBD_UP_TO_DATE, DRBD_DISK_UNKNOWN);
    v.state.frozen = 1;
    return v;
}

static const char *step_name(uint32_t step)
{
    static const char *const names[DRBD_STEPS] = {
        [DRBD_NEW_RESOURCE] = "new-resource",
        [DRBD_NEW_MINOR] = "new-minor",
        [DRBD_APPLY_AL] = "apply-al",
        [DRBD_ATTACH] = "attach",
        [DRBD_DETACH] = "detach",
        [DRBD_CONNECT] = "connect",
        [DRBD_CONNECT_DISCARD] = "connect-discard",
        [DRBD_DISCONNECT] = "disconnect",
        [DRBD_PROMOTE] = "promote",
        [DRBD_PROMOTE_FORCED] = "promote-forced",
        [DRBD_DEMOTE] = "demote",
        [DRBD_RESUME_IO] = "resume-io",
        [DRBD_DISK_OPTIONS] = "disk-options",
        [DRBD_NET_OPTIONS] = "net-options",
        [DRBD_TWO_PRIMARIES] = "two-primaries",
        [DRBD_ONE_PRIMARY] = "one-primary",
        [DRBD_VERIFY] = "verify",
        [DRBD_RESIZE] = "resize",
        [DRBD_CREATE_METADATA] = "create",
        [DRBD_STAMP_METADATA] = "stamp",
        [DRBD_SKIP_FIRST_SYNC] = "skip-sync",
        [DRBD_DOWN] = "down",
    };
    return names[step];
}

/* "look", or the steps with blanks between. */
static const char *deeds(const struct drbd_plan *p)
{
    static char text[256];
    text[0] = '\0';
    if (p->look)
        snprintf(text, sizeof text, "look");
    for (uint32_t i = 0; i < p->steps; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s",
                 text[0] != '\0' ? " " : "", step_name(p->step[i]));
    return text;
}

static void expect(const struct drbd_view *v, const char *wanted, enum drbd_condition condition,
                   const char *text)
{
    struct drbd_plan p;
    drbd_plan_make(v, &p);
    assert_string_equal(deeds(&p), wanted);
    assert_string_equal(drbd_condition_name(p.condition), drbd_condition_name(condition));
    if (strstr(p.text, text) == NULL || (text[0] == '\0' && p.text[0] != '\0'))
        fail_msg("expected \"%s\", got \"%s\"", text, p.text);
}

static void it_comes_up_as_far_as_its_device_allows(void **state)
{
    (void)state;
    static const struct {
        enum drbd_found_kind found;
        enum drbd_condition condition;
        const char *deeds;
        const char *text;
    } cases[] = {
        {DRBD_FOUND_NOTHING_YET, DRBD_WAITING, "look", "coming up"},
        {DRBD_FOUND_MISSING, DRBD_WAITING, "look", "no such"},
        {DRBD_FOUND_OURS, DRBD_WAITING, "new-resource new-minor apply-al attach", "coming up"},
        {DRBD_FOUND_FOREIGN, DRBD_REFUSED, "", "the metadata of another mirror; left alone"},
        {DRBD_FOUND_BLANK, DRBD_REFUSED, "new-resource new-minor connect",
         "relevo drbd create web"},
        {DRBD_FOUND_DATA, DRBD_REFUSED, "new-resource new-minor connect",
         "expected a blank device"},
        {DRBD_FOUND_TOO_SMALL, DRBD_REFUSED, "new-resource new-minor connect", "no such"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct drbd_view v = down();
        v.found.kind = cases[i].found;
        snprintf(v.found.text, sizeof v.found.text, "no such");
        expect(&v, cases[i].deeds, cases[i].condition, cases[i].text);
    }
}

static void what_failed_waits_and_the_rest_goes_on(void **state)
{
    (void)state;
    struct drbd_view v =
        standing(DRBD_SECONDARY, DRBD_STANDALONE, DRBD_DISKLESS, DRBD_DISK_UNKNOWN);
    struct drbd_plan p;
    expect(&v, "apply-al attach", DRBD_WAITING, "no current data");
    v.attach_at_ms = v.now_ms + 5000;
    expect(&v, "connect", DRBD_WAITING, "no current data");
    v.connect_at_ms = v.now_ms + 3000;
    drbd_plan_make(&v, &p);
    assert_int_equal(p.steps, 0);
    assert_int_equal(p.wake_ms, v.now_ms + 3000);
    v.connect_at_ms = 0;
    v.address_here = false;
    expect(&v, "", DRBD_WAITING, "no interface has this side's address");
    /* A device that is missing is looked for again, and nothing stands still meanwhile. */
    v = down();
    v.found.kind = DRBD_FOUND_MISSING;
    v.look_at_ms = v.now_ms + 2000;
    snprintf(v.found.text, sizeof v.found.text, "/dev/sdb: no");
    expect(&v, "new-resource new-minor connect", DRBD_WAITING, "/dev/sdb: no");
}

static void a_disk_that_failed_comes_back_by_order_only(void **state)
{
    (void)state;
    struct drbd_view v = standing(DRBD_PRIMARY, DRBD_CONNECTED, DRBD_DISKLESS, DRBD_UP_TO_DATE);
    v.lost_disk = true;
    expect(&v, "", DRBD_DEGRADED, "/dev/sdb is detached; relevo drbd attach web tries it again");
    v.lost_disk = false;
    expect(&v, "apply-al attach", DRBD_DEGRADED, "only blade2 has current data");
}

static void how_it_stands_while_connected(void **state)
{
    (void)state;
    static const struct {
        uint32_t conn, disk, peer_disk;
        uint32_t out_of_sync;
        enum drbd_condition condition;
        const char *text;
    } cases[] = {
        {DRBD_CONNECTED, DRBD_UP_TO_DATE, DRBD_UP_TO_DATE, 0, DRBD_GOOD, ""},
        {DRBD_CONNECTED, DRBD_UP_TO_DATE, DRBD_UP_TO_DATE, 8192, DRBD_DEGRADED,
         "8 KiB differ; relevo drbd resync web"},
        {DRBD_SYNC_SOURCE, DRBD_UP_TO_DATE, DRBD_INCONSISTENT, 8192, DRBD_SYNCING, ""},
        {DRBD_PAUSED_SYNC_T, DRBD_INCONSISTENT, DRBD_UP_TO_DATE, 8192, DRBD_SYNCING, "paused"},
        {DRBD_VERIFY_T, DRBD_UP_TO_DATE, DRBD_UP_TO_DATE, 0, DRBD_VERIFYING, ""},
        {DRBD_CONNECTED, DRBD_INCONSISTENT, DRBD_INCONSISTENT, 0, DRBD_REFUSED,
         "new on both sides: relevo drbd seed web --from NODE, or --blank"},
        {DRBD_CONNECTED, DRBD_UP_TO_DATE, DRBD_DISKLESS, 0, DRBD_DEGRADED,
         "only blade1 has current data"},
        {DRBD_CONNECTED, DRBD_CONSISTENT, DRBD_OUTDATED, 0, DRBD_WAITING,
         "neither side has current data"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct drbd_view v =
            standing(DRBD_SECONDARY, cases[i].conn, cases[i].disk, cases[i].peer_disk);
        v.state.out_of_sync = cases[i].out_of_sync;
        expect(&v, "", cases[i].condition, cases[i].text);
    }
}

static void writes_go_on_when_the_peer_is_known_to_be_behind(void **state)
{
    (void)state;
    struct drbd_view v = frozen();
    expect(&v, "", DRBD_FROZEN, "writes wait: is blade2 down or behind?");
    v.released = true;
    expect(&v, "resume-io", DRBD_FROZEN, "writes wait");
    v.state.asking = 1; /* the helper brings the answer itself */
    expect(&v, "", DRBD_FROZEN, "writes wait");
    v.state.frozen = 0;
    expect(&v, "", DRBD_DEGRADED, "blade2 is away; this is the only copy");
}

static void roles_follow_guests(void **state)
{
    (void)state;
    struct drbd_view v = standing(DRBD_PRIMARY, DRBD_CONNECTED, DRBD_UP_TO_DATE, DRBD_UP_TO_DATE);
    expect(&v, "", DRBD_GOOD, "");
    v.use = DRBD_USE_UNKNOWN; /* relevod has just begun: it may be in use */
    expect(&v, "", DRBD_GOOD, "");
    v.use = DRBD_USE_NONE;
    expect(&v, "demote", DRBD_GOOD, "");
    v.act_at_ms = v.now_ms + 1000;
    expect(&v, "", DRBD_GOOD, "");
    v.act_at_ms = 0;
    v.use = DRBD_USE_DOWN;
    expect(&v, "demote down", DRBD_WAITING, "goes down");
    v = good();
    v.use = DRBD_USE_DOWN;
    expect(&v, "down", DRBD_WAITING, "goes down");
    v = down();
    v.use = DRBD_USE_DOWN;
    expect(&v, "", DRBD_WAITING, "goes down");
}

static void options_are_set_once_on_what_was_found(void **state)
{
    (void)state;
    struct drbd_view v = good();
    v.options_set = false;
    expect(&v, "disk-options net-options", DRBD_GOOD, "");
    v = standing(DRBD_SECONDARY, DRBD_CONNECTED, DRBD_DISKLESS, DRBD_UP_TO_DATE);
    v.options_set = false;
    v.found.kind = DRBD_FOUND_BLANK;
    expect(&v, "net-options", DRBD_DEGRADED, "has no metadata");
}

static void a_split_brain_stays_apart(void **state)
{
    (void)state;
    struct drbd_view v =
        standing(DRBD_SECONDARY, DRBD_WF_CONNECTION, DRBD_UP_TO_DATE, DRBD_DISK_UNKNOWN);
    v.split = true;
    expect(&v, "disconnect", DRBD_SPLIT, "relevo drbd resolve web");
    v.state.conn = DRBD_WF_REPORT_PARAMS; /* the kernel is about to drop it */
    expect(&v, "", DRBD_SPLIT, "relevo drbd resolve web");
    v.state.conn = DRBD_STANDALONE;
    expect(&v, "", DRBD_SPLIT, "relevo drbd resolve web");
    /* Without one, what the kernel has dropped is connected again. */
    v.split = false;
    expect(&v, "connect", DRBD_WAITING, "may have newer data");
    v.kept_apart = true;
    expect(&v, "", DRBD_WAITING, "relevo drbd connect web");
}

static void a_promotion_needs_current_data_and_a_peer_that_has_no_newer(void **state)
{
    (void)state;
    static const struct {
        uint32_t conn, peer_role, disk, peer_disk;
        bool released;
        const char *why; /* NULL: it can */
    } cases[] = {
        {DRBD_CONNECTED, DRBD_SECONDARY, DRBD_UP_TO_DATE, DRBD_UP_TO_DATE, false, NULL},
        {DRBD_CONNECTED, DRBD_SECONDARY, DRBD_DISKLESS, DRBD_UP_TO_DATE, false, NULL},
        {DRBD_SYNC_TARGET, DRBD_SECONDARY, DRBD_INCONSISTENT, DRBD_UP_TO_DATE, false, NULL},
        {DRBD_CONNECTED, DRBD_PRIMARY, DRBD_UP_TO_DATE, DRBD_UP_TO_DATE, false,
         "its peer is Primary"},
        {DRBD_CONNECTED, DRBD_SECONDARY, DRBD_INCONSISTENT, DRBD_DISKLESS, false,
         "neither side has current data"},
        {DRBD_WF_CONNECTION, 0, DRBD_UP_TO_DATE, DRBD_DISK_UNKNOWN, false,
         "its peer is away and may have newer data"},
        {DRBD_WF_CONNECTION, 0, DRBD_CONSISTENT, DRBD_DISK_UNKNOWN, false,
         "its peer is away and may have newer data"},
        {DRBD_WF_CONNECTION, 0, DRBD_CONSISTENT, DRBD_DISK_UNKNOWN, true, NULL},
        {DRBD_WF_CONNECTION, 0, DRBD_UP_TO_DATE, DRBD_OUTDATED, false, NULL},
        {DRBD_WF_CONNECTION, 0, DRBD_OUTDATED, DRBD_DISK_UNKNOWN, true, "its peer has newer data"},
        {DRBD_WF_CONNECTION, 0, DRBD_INCONSISTENT, DRBD_DISK_UNKNOWN, true,
         "it has no current data"},
        {DRBD_STANDALONE, 0, DRBD_DISKLESS, DRBD_DISK_UNKNOWN, true, "it has no current data"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct drbd_view v =
            standing(DRBD_SECONDARY, cases[i].conn, cases[i].disk, cases[i].peer_disk);
        v.state.peer_role = cases[i].peer_role;
        const char *why = drbd_why_not_usable(&v.state, cases[i].released);
        if (cases[i].why == NULL)
            assert_null(why);
        else
            assert_string_equal(why, cases[i].why);
    }
    struct drbd_view v = frozen();
    assert_null(drbd_why_not_usable(&v.state, false)); /* it is Primary */
}

/* --- orders --- */

static const char *order(const struct drbd_view *v, enum drbd_order o)
{
    static struct drbd_plan p;
    static struct err e;
    return drbd_plan_order(v, o, &p, &e) == 0 ? deeds(&p) : e.text;
}

static void metadata_is_made_over_nothing_but_by_force(void **state)
{
    (void)state;
    struct drbd_view v = down();
    v.found.kind = DRBD_FOUND_BLANK;
    assert_string_equal(order(&v, DRBD_ORDER_CREATE), "create stamp");
    v.found.kind = DRBD_FOUND_DATA;
    snprintf(v.found.text, sizeof v.found.text, "an XFS file system");
    assert_string_equal(order(&v, DRBD_ORDER_CREATE),
                        "mirror web: /dev/sdb holds an XFS file system; relevo drbd create web "
                        "--force web overwrites it");
    assert_string_equal(order(&v, DRBD_ORDER_CREATE_FORCED), "create stamp");
    v.found.kind = DRBD_FOUND_FOREIGN;
    assert_non_null(strstr(order(&v, DRBD_ORDER_CREATE), "the metadata of another mirror"));
    v.found.kind = DRBD_FOUND_OURS;
    assert_non_null(strstr(order(&v, DRBD_ORDER_CREATE), "this mirror's metadata already"));
    v.found.kind = DRBD_FOUND_MISSING;
    snprintf(v.found.text, sizeof v.found.text, "/dev/sdb: No such file or directory");
    assert_string_equal(order(&v, DRBD_ORDER_CREATE_FORCED),
                        "mirror web: /dev/sdb: No such file or directory");
    v = good();
    assert_string_equal(order(&v, DRBD_ORDER_CREATE_FORCED),
                        "mirror web: its disk is attached: it has metadata");
}

static void a_first_sync_needs_two_new_sides(void **state)
{
    (void)state;
    struct drbd_view v =
        standing(DRBD_SECONDARY, DRBD_CONNECTED, DRBD_INCONSISTENT, DRBD_INCONSISTENT);
    v.state.uuid[DRBD_UUID_CURRENT] = DRBD_JUST_CREATED;
    assert_string_equal(order(&v, DRBD_ORDER_SEED), "promote-forced demote");
    assert_string_equal(order(&v, DRBD_ORDER_SEED_BLANK), "skip-sync");
    v.use = DRBD_USE_HERE; /* its guest is to start anyway */
    assert_string_equal(order(&v, DRBD_ORDER_SEED), "promote-forced");
    v.state.uuid[DRBD_UUID_CURRENT] = 0x1234;
    assert_non_null(strstr(order(&v, DRBD_ORDER_SEED_BLANK), "it has held data before"));
    v.state.peer_disk = DRBD_UP_TO_DATE;
    assert_non_null(strstr(order(&v, DRBD_ORDER_SEED), "expected it to be new on both sides"));
    v.state.conn = DRBD_WF_CONNECTION;
    assert_non_null(strstr(order(&v, DRBD_ORDER_SEED), "expected both sides to be connected"));
}

static void a_split_brain_is_resolved_from_both_sides(void **state)
{
    (void)state;
    struct drbd_view v =
        standing(DRBD_SECONDARY, DRBD_STANDALONE, DRBD_UP_TO_DATE, DRBD_DISK_UNKNOWN);
    v.split = true;
    assert_string_equal(order(&v, DRBD_ORDER_KEEP), "connect");
    assert_string_equal(order(&v, DRBD_ORDER_DISCARD), "connect-discard");
    assert_non_null(strstr(order(&v, DRBD_ORDER_CONNECT), "split brain"));
    v.state.conn = DRBD_WF_CONNECTION;
    v.state.role = DRBD_PRIMARY;
    assert_string_equal(order(&v, DRBD_ORDER_DISCARD), "disconnect demote connect-discard");
    v.use = DRBD_USE_HERE;
    assert_non_null(strstr(order(&v, DRBD_ORDER_DISCARD), "its guest runs on this side"));
    /* The side that has not seen it waits for the other anyway. */
    v.split = false;
    assert_string_equal(order(&v, DRBD_ORDER_KEEP), "");
    v = good();
    assert_non_null(strstr(order(&v, DRBD_ORDER_KEEP), "there is no split brain"));
    assert_non_null(strstr(order(&v, DRBD_ORDER_DISCARD), "there is no split brain"));
}

static void orders_out_of_place_say_what_was_expected(void **state)
{
    (void)state;
    struct drbd_view v = good();
    assert_string_equal(order(&v, DRBD_ORDER_VERIFY), "verify");
    assert_non_null(strstr(order(&v, DRBD_ORDER_RESYNC), "nothing is known to differ"));
    v.state.out_of_sync = 4096;
    assert_string_equal(order(&v, DRBD_ORDER_RESYNC), "promote disconnect connect demote");
    v.state.role = DRBD_PRIMARY;
    assert_string_equal(order(&v, DRBD_ORDER_RESYNC), "disconnect connect");
    assert_string_equal(order(&v, DRBD_ORDER_RESIZE), "resize");
    assert_string_equal(order(&v, DRBD_ORDER_DETACH), "detach");
    assert_string_equal(order(&v, DRBD_ORDER_TWO_PRIMARIES), "two-primaries");
    assert_string_equal(order(&v, DRBD_ORDER_ONE_PRIMARY), "one-primary");
    assert_string_equal(order(&v, DRBD_ORDER_DISCONNECT), "disconnect");
    assert_string_equal(order(&v, DRBD_ORDER_CONNECT), "mirror web: it is not disconnected");
    assert_string_equal(order(&v, DRBD_ORDER_ATTACH), "mirror web: its disk is attached");
    want.value[DRBD_VERIFY_ALG] = DRBD_ALG_NONE;
    assert_non_null(strstr(order(&v, DRBD_ORDER_VERIFY), "expected a verify-alg"));
    v = frozen();
    assert_non_null(strstr(order(&v, DRBD_ORDER_VERIFY), "expected both sides to be connected"));
    assert_non_null(strstr(order(&v, DRBD_ORDER_TWO_PRIMARIES), "expected both sides"));
}

static void a_verify_is_due_by_schedule(void **state)
{
    (void)state;
    static const uint64_t hour = 3600000;
    struct drbd_view v = good();
    v.verified_ms = 2 * hour;
    assert_int_equal(drbd_verify_at(&v), 0); /* never, unless it is asked for */
    want.value[DRBD_VERIFY_EVERY] = 168;
    assert_int_equal(drbd_verify_at(&v), 170 * hour);
    v.state.conn = DRBD_VERIFY_S;
    assert_int_equal(drbd_verify_at(&v), 0);
    v.state.conn = DRBD_CONNECTED;
    v.state.peer_disk = DRBD_INCONSISTENT;
    assert_int_equal(drbd_verify_at(&v), 0);
    v = frozen();
    want.value[DRBD_VERIFY_EVERY] = 168;
    assert_int_equal(drbd_verify_at(&v), 0);
    v = good();
    want.value[DRBD_VERIFY_EVERY] = 168;
    want.me = 1;
    assert_int_equal(drbd_verify_at(&v), 0); /* the first side does it */
}

/* --- command lines --- */

static const char *command(enum drbd_step step)
{
    static char text[2048];
    static struct drbd_command c;
    text[0] = '\0';
    want = web();
    drbd_command_make(&want, step, &c);
    assert_null(c.argv[c.argc]);
    assert_true(c.argc < DRBD_ARGS_MAX);
    for (uint32_t i = 0; i < c.argc; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i > 0 ? " " : "",
                 c.argv[i]);
    return text;
}

#define SETUP "/usr/sbin/drbdsetup "
#define LINK  "ipv4:10.0.0.1:7788 ipv4:10.0.0.2:7788"
#define DISK                                                                                       \
    "--fencing=resource-and-stonith --on-io-error=detach --resync-rate=250 --c-plan-ahead=20 "     \
    "--c-fill-target=100 --c-max-rate=102400 --c-min-rate=8192"
#define NET                                                                                        \
    "--protocol=C --ping-int=2 --ping-timeout=5 --timeout=15 --connect-int=2 --ko-count=7 "        \
    "--verify-alg=crc32c"

static void steps_are_command_lines(void **state)
{
    (void)state;
    static const struct {
        enum drbd_step step;
        const char *line;
    } cases[] = {
        {DRBD_NEW_RESOURCE, SETUP "new-resource web"},
        {DRBD_NEW_MINOR, SETUP "new-minor web 3 0"},
        {DRBD_APPLY_AL, "/usr/sbin/drbdmeta --force 3 v08 /dev/sdb internal apply-al"},
        {DRBD_ATTACH, SETUP "attach 3 /dev/sdb /dev/sdb internal " DISK},
        {DRBD_DETACH, SETUP "detach 3"},
        {DRBD_CONNECT, SETUP "connect web " LINK " " NET},
        {DRBD_CONNECT_DISCARD, SETUP "connect web " LINK " " NET " --discard-my-data=yes"},
        {DRBD_DISCONNECT, SETUP "disconnect " LINK},
        {DRBD_PROMOTE, SETUP "primary 3"},
        {DRBD_PROMOTE_FORCED, SETUP "primary 3 --force=yes"},
        {DRBD_DEMOTE, SETUP "secondary 3"},
        {DRBD_RESUME_IO, SETUP "resume-io 3"},
        {DRBD_DISK_OPTIONS, SETUP "disk-options 3 " DISK},
        {DRBD_NET_OPTIONS, SETUP "net-options " LINK " " NET},
        {DRBD_TWO_PRIMARIES, SETUP "net-options " LINK " --allow-two-primaries=yes"},
        {DRBD_ONE_PRIMARY, SETUP "net-options " LINK " --allow-two-primaries=no"},
        {DRBD_VERIFY, SETUP "verify 3"},
        {DRBD_RESIZE, SETUP "resize 3"},
        {DRBD_CREATE_METADATA, "/usr/sbin/drbdmeta --force 3 v08 /dev/sdb internal create-md"},
        {DRBD_SKIP_FIRST_SYNC, SETUP "new-current-uuid 3 --clear-bitmap=yes"},
        {DRBD_DOWN, SETUP "down web"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(command(cases[i].step), cases[i].line);
    assert_true(strncmp(command(DRBD_STAMP_METADATA),
                        "/usr/sbin/drbdmeta --force 3 v08 /dev/sdb internal write-dev-uuid ",
                        66) == 0);
}

/* --- what is on a device --- */

static void put(uint8_t *to, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        to[i] = (uint8_t)bytes[i];
}

static void metadata_tells_whose_it_is(void **state)
{
    (void)state;
    uint8_t block[DRBD_META_BLOCK] = {0};
    assert_int_equal(drbd_meta_judge(block, "web"), DRBD_FOUND_BLANK);
    put(block + 60, "\x83\x74\x02\x6b", 4);
    assert_int_equal(drbd_meta_judge(block, "web"), DRBD_FOUND_FOREIGN);
    for (int i = 0; i < 8; i++)
        block[40 + i] = (uint8_t)(drbd_meta_identity("web") >> (56 - 8 * i));
    assert_int_equal(drbd_meta_judge(block, "web"), DRBD_FOUND_OURS);
    assert_int_equal(drbd_meta_judge(block, "db"), DRBD_FOUND_FOREIGN);
    block[63] = 0x6c; /* not cleanly detached */
    assert_int_equal(drbd_meta_judge(block, "web"), DRBD_FOUND_OURS);
    block[63] = 0x6d;
    assert_int_equal(drbd_meta_judge(block, "web"), DRBD_FOUND_BLANK);
}

static void data_has_a_name(void **state)
{
    (void)state;
    static uint8_t head[70000];
    assert_null(drbd_meta_name_data(head, sizeof head));
    head[69999] = 1;
    assert_string_equal(drbd_meta_name_data(head, sizeof head), "data");
    put(head + 1080, "\x53\xef", 2);
    assert_string_equal(drbd_meta_name_data(head, sizeof head),
                        "an ext2, ext3 or ext4 file system");
    memset(head, 0, sizeof head);
    put(head + 510, "\x55\xaa", 2);
    assert_string_equal(drbd_meta_name_data(head, sizeof head),
                        "a partition table or a FAT file system");
    assert_string_equal(drbd_meta_name_data(head, 512), "a partition table or a FAT file system");
    put(head + 512, "EFI PART", 8);
    assert_string_equal(drbd_meta_name_data(head, sizeof head), "a partition table");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_comes_up_as_far_as_its_device_allows),
        cmocka_unit_test(what_failed_waits_and_the_rest_goes_on),
        cmocka_unit_test(a_disk_that_failed_comes_back_by_order_only),
        cmocka_unit_test(how_it_stands_while_connected),
        cmocka_unit_test(writes_go_on_when_the_peer_is_known_to_be_behind),
        cmocka_unit_test(roles_follow_guests),
        cmocka_unit_test(options_are_set_once_on_what_was_found),
        cmocka_unit_test(a_split_brain_stays_apart),
        cmocka_unit_test(a_promotion_needs_current_data_and_a_peer_that_has_no_newer),
        cmocka_unit_test(metadata_is_made_over_nothing_but_by_force),
        cmocka_unit_test(a_first_sync_needs_two_new_sides),
        cmocka_unit_test(a_split_brain_is_resolved_from_both_sides),
        cmocka_unit_test(orders_out_of_place_say_what_was_expected),
        cmocka_unit_test(a_verify_is_due_by_schedule),
        cmocka_unit_test(steps_are_command_lines),
        cmocka_unit_test(metadata_tells_whose_it_is),
        cmocka_unit_test(data_has_a_name),
    };
    return cmocka_run_group_tests_name("drbd plan", tests, NULL, NULL);
}
