/* What devices, the kernel and other processes say: uevents, checks, sysfs, messages. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/check.h"
#include "storage/config.h"
#include "storage/deed.h"
#include "storage/status.h"
#include "storage/sysfs.h"
#include "storage/tune.h"
#include "storage/uevent.h"
#include "tests/test.h"

static bool parse(const char *text, size_t size, struct uevent *event)
{
    return uevent_parse(text, size, event);
}

static void uevents_of_disks_and_their_scsi_devices_matter(void **state)
{
    (void)state;
    struct uevent event;
    static const char add[] = "add@/devices/x/block/sda\0ACTION=add\0DEVPATH=/devices/x/block/sda\0"
                              "SUBSYSTEM=block\0DEVTYPE=disk\0DEVNAME=sda";
    assert_true(parse(add, sizeof add, &event));
    assert_string_equal(event.name, "sda");
    assert_false(event.removed);
    static const char removed[] = "remove@/block/sda\0ACTION=remove\0DEVPATH=/block/sda\0"
                                  "DEVTYPE=disk";
    assert_true(parse(removed, sizeof removed, &event));
    assert_true(event.removed);
    static const char grown[] = "change@/x/2:0:0:1\0ACTION=change\0DEVPATH=/x/2:0:0:1\0"
                                "SUBSYSTEM=scsi\0SDEV_UA=CAPACITY_DATA_HAS_CHANGED\0"
                                "DEVTYPE=scsi_device";
    assert_true(parse(grown, sizeof grown, &event));
    assert_true(event.resized);
    assert_false(event.remapped);
    assert_string_equal(event.hctl, "2:0:0:1");
    assert_string_equal(event.name, "");
    static const char more[] = "change@/x/2:0:0:1\0ACTION=change\0DEVPATH=/x/2:0:0:1\0"
                               "SUBSYSTEM=scsi\0SDEV_UA=REPORTED_LUNS_DATA_HAS_CHANGED\0"
                               "DEVTYPE=scsi_device";
    assert_true(parse(more, sizeof more, &event));
    assert_true(event.remapped);
    assert_false(event.resized);
    static const char partition[] = "add@/block/sda/sda1\0ACTION=add\0DEVTYPE=partition";
    assert_false(parse(partition, sizeof partition, &event));
    assert_false(parse(add, sizeof add - 1, &event)); /* not closed */
    assert_false(parse(add, 0, &event));
}

static enum verdict judge(uint8_t status, uint16_t host, uint8_t key, uint8_t asc, uint8_t ascq)
{
    char text[64];
    const uint8_t fixed[18] = {0x70, 0, key, 0, 0, 0, 0, 10, 0, 0, 0, 0, asc, ascq};
    const uint8_t descriptors[8] = {0x72, key, asc, ascq};
    enum verdict verdict = check_judge_scsi(status, host, fixed, sizeof fixed, text, sizeof text);
    assert_int_equal(verdict, check_judge_scsi(status, host, descriptors, sizeof descriptors, text,
                                               sizeof text));
    return verdict;
}

static void a_checks_outcome(void **state)
{
    (void)state;
    assert_int_equal(judge(0, 0, 0, 0, 0), VERDICT_UP);
    assert_int_equal(judge(0x18, 0, 0, 0, 0), VERDICT_UP);          /* reserved by another */
    assert_int_equal(judge(0x02, 0, 2, 0x04, 0x0b), VERDICT_GHOST); /* standby */
    assert_int_equal(judge(0x02, 0, 2, 0x04, 0x0a), VERDICT_NONE);  /* in transition */
    assert_int_equal(judge(0x02, 0, 2, 0x04, 0x0c), VERDICT_DOWN);  /* unavailable */
    assert_int_equal(judge(0x02, 0, 5, 0x25, 0x00), VERDICT_DOWN);  /* no such LUN */
    assert_int_equal(judge(0x02, 0, 6, 0x29, 0x00), VERDICT_NONE);  /* reset: ask again */
    assert_int_equal(judge(0x02, 0, 2, 0x3a, 0x00), VERDICT_DOWN);
    assert_int_equal(judge(0x08, 0, 0, 0, 0), VERDICT_NONE); /* busy */
    assert_int_equal(judge(0, 1, 0, 0, 0), VERDICT_DOWN);    /* DID_NO_CONNECT */
    assert_int_equal(judge(0x40, 0, 0, 0, 0), VERDICT_DOWN);
    char text[64];
    assert_int_equal(check_judge_scsi(2, 0, NULL, 0, text, sizeof text), VERDICT_DOWN);
    assert_int_equal(check_judge_scsi(0, 3, NULL, 0, text, sizeof text), VERDICT_DOWN);
    assert_string_equal(text, "no answer"); /* DID_TIME_OUT */
    const uint8_t cut[3] = {0x70, 0, 6};
    assert_int_equal(check_judge_scsi(2, 0, cut, sizeof cut, text, sizeof text), VERDICT_DOWN);
}

/* --- a sysfs --- */

static char root[64];

static void put(const char *path, const void *data, size_t size)
{
    char whole[256];
    snprintf(whole, sizeof whole, "%s/%s", root, path);
    FILE *file = fopen(whole, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    fclose(file);
}

static void put_text(const char *path, const char *text)
{
    put(path, text, strlen(text));
}

static int set_up(void **state)
{
    (void)state;
    static const char *const folders[] = {"",
                                          "/block",
                                          "/block/sda",
                                          "/rport-2:0-3",
                                          "/rport-2:0-3/2:0:0:1",
                                          "/class",
                                          "/class/fc_remote_ports",
                                          "/class/fc_remote_ports/rport-2:0-3",
                                          "/rport-2:0-3/2:0:0:1/scsi_disk",
                                          "/rport-2:0-3/2:0:0:1/scsi_disk/2:0:0:1"};
    strcpy(root, "/tmp/relevo-sys-XXXXXX");
    assert_non_null(mkdtemp(root));
    for (size_t i = 1; i < sizeof folders / sizeof folders[0]; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s%s", root, folders[i]);
        assert_int_equal(mkdir(path, 0700), 0);
    }
    char link[128];
    snprintf(link, sizeof link, "%s/block/sda/device", root);
    assert_int_equal(symlink("../../rport-2:0-3/2:0:0:1", link), 0);
    put_text("block/sda/dev", "8:0\n");
    put_text("block/sda/size", "2048\n");
    put_text("block/sda/ro", "0\n");
    put_text("rport-2:0-3/2:0:0:1/state", "running\n");
    put_text("rport-2:0-3/2:0:0:1/wwid", "t10.ATA     QEMU HARDDISK   QM1 \n");
    return setenv("RELEVO_SYS", root, 1);
}

static int tear_down(void **state)
{
    (void)state;
    char command[100];
    snprintf(command, sizeof command, "rm -r %s", root);
    return system(command); /* NOLINT(cert-env33-c): a fixed command */
}

static void a_path_is_read_from_sysfs(void **state)
{
    (void)state;
    struct path path = {.verdict = VERDICT_UP, .failed_ms = 5};
    static const uint8_t inquiry[36] = {0, 0, 5, 2, 31, 0x10};
    put("rport-2:0-3/2:0:0:1/inquiry", inquiry, sizeof inquiry);
    put_text("rport-2:0-3/2:0:0:1/access_state", "standby\n");
    put_text("rport-2:0-3/2:0:0:1/dh_state", "alua\n");
    assert_int_equal(sysfs_read_path("sda", &path), 0);
    assert_string_equal(path.hctl, "2:0:0:1");
    assert_int_equal(path.major, 8);
    assert_int_equal(path.sectors, 2048);
    assert_true(path.present && !path.read_only && path.implicit_only);
    assert_int_equal(path.access, ACCESS_STANDBY);
    assert_string_equal(path.handler, "alua");
    assert_int_equal(path.verdict, VERDICT_UP);
    assert_int_equal(path.failed_ms, 5);

    put_text("rport-2:0-3/2:0:0:1/access_state", "transitioning\n");
    put_text("rport-2:0-3/2:0:0:1/state", "transport-offline\n");
    put_text("rport-2:0-3/2:0:0:1/dh_state", "detached\n");
    put_text("block/sda/ro", "1\n");
    assert_int_equal(sysfs_read_path("sda", &path), 0);
    assert_int_equal(path.access, ACCESS_STANDBY); /* until it is over */
    assert_string_equal(path.state, "transport-offline");
    assert_true(!path.present && path.read_only);
    assert_string_equal(path.handler, "");
    assert_int_equal(sysfs_read_path("sdb", &path), -1);
}

/* The kernel's rules: fc_rport_set_dev_loss_tmo(), store_fc_rport_fast_io_fail_tmo(). */
static bool port_takes(uint32_t *loss_s, uint32_t *fast_s, const struct tune_write *w)
{
    bool off = *fast_s == MULTIPATH_NEVER;
    if (w->dev_loss ? off && w->value_s > 600
                    : w->value_s != MULTIPATH_NEVER && (w->value_s >= *loss_s || w->value_s > 600))
        return false;
    *(w->dev_loss ? loss_s : fast_s) = w->value_s;
    return true;
}

static void a_remote_ports_times_are_written_in_an_order_that_it_takes(void **state)
{
    (void)state;
    static const uint32_t losses[] = {1, 5, 6, 30, 599, 600, 601, 86400, 2147483647};
    static const uint32_t fasts[] = {1, 5, 30, 599, MULTIPATH_NEVER};
    enum { LOSSES = sizeof losses / sizeof losses[0], FASTS = sizeof fasts / sizeof fasts[0] };
    for (int i = 0; i < LOSSES * FASTS * LOSSES * FASTS; i++) {
        uint32_t loss_now = losses[i % LOSSES], fast_now = fasts[i / LOSSES % FASTS];
        uint32_t loss = losses[i / LOSSES / FASTS % LOSSES],
                 fast = fasts[i / LOSSES / FASTS / LOSSES];
        bool off = fast == MULTIPATH_NEVER, off_now = fast_now == MULTIPATH_NEVER;
        if ((off ? loss > 600 : fast >= loss) || (off_now ? loss_now > 600 : fast_now >= loss_now))
            continue; /* the configuration's parser, and the kernel, have no such pair */
        struct tune_write write[TUNE_WRITES_MAX];
        uint32_t n = tune_order(loss_now, loss, fast, write);
        for (uint32_t w = 0; w < n; w++)
            assert_true(port_takes(&loss_now, &fast_now, &write[w]));
        assert_true(loss_now == loss && fast_now == fast);
    }
}

static const char *text_of(const char *file)
{
    static char text[64];
    char path[256];
    snprintf(path, sizeof path, "%s/%s", root, file);
    assert_true(sysfs_read(path, text, sizeof text));
    return text;
}

static void what_the_kernel_waits_for_is_set(void **state)
{
    (void)state;
    struct site_multipath want = {.alias = "web"};
    for (int i = 0; i < MULTIPATH_OPTIONS; i++)
        want.value[i] = multipath_option[i].initial;
    put_text("rport-2:0-3/2:0:0:1/timeout", "30\n");
    put_text("rport-2:0-3/2:0:0:1/scsi_disk/2:0:0:1/max_retries", "5\n");
    put_text("class/fc_remote_ports/rport-2:0-3/dev_loss_tmo", "30\n");
    put_text("class/fc_remote_ports/rport-2:0-3/fast_io_fail_tmo", "off\n");
    tune_path(&want, "sda"); /* which has no eh_timeout: passed over */
    assert_string_equal(text_of("rport-2:0-3/2:0:0:1/timeout"), "15");
    assert_string_equal(text_of("rport-2:0-3/2:0:0:1/scsi_disk/2:0:0:1/max_retries"), "0");
    assert_string_equal(text_of("class/fc_remote_ports/rport-2:0-3/dev_loss_tmo"), "600");
    assert_string_equal(text_of("class/fc_remote_ports/rport-2:0-3/fast_io_fail_tmo"), "5");
    want.value[MULTIPATH_FAST_IO_FAIL] = MULTIPATH_NEVER;
    tune_path(&want, "sda");
    assert_string_equal(text_of("class/fc_remote_ports/rport-2:0-3/fast_io_fail_tmo"), "off");
    tune_path(&want, "sdb"); /* not there */
}

static void a_lun_is_found_by_any_of_its_names(void **state)
{
    (void)state;
    static struct multipath_config config = {.maps = 3,
                                             .map = {{.wwid = "naa.5000000000000009"},
                                                     {.wwid = "naa.5000000000000001"},
                                                     {.wwid = "t10.ATA_QEMU_HARDDISK_QM1"}}};
    assert_int_equal(sysfs_find_lun("sda", &config), 2);
    config.maps = 2;
    assert_int_equal(sysfs_find_lun("sda", &config), -1);
    static const uint8_t page[] = {0, 0x83, 0, 12, 1, 3, 0, 8, 0x50, 0, 0, 0, 0, 0, 0, 1};
    put("rport-2:0-3/2:0:0:1/vpd_pg83", page, sizeof page);
    assert_int_equal(sysfs_find_lun("sda", &config), 1);
    assert_false(sysfs_may_be_path("dm-0"));
    assert_false(sysfs_may_be_path("../sda"));
    assert_true(sysfs_may_be_path("nvme0n1"));
}

/* --- messages --- */

static void messages_that_are_not_sane_are_refused(void **state)
{
    (void)state;
    static struct multipath_config config = {.maps = 1};
    assert_false(multipath_config_ok(&config, multipath_config_size(1))); /* interval 0 */
    for (int i = 0; i < MULTIPATH_OPTIONS; i++)
        config.map[0].value[i] = multipath_option[i].initial;
    assert_true(multipath_config_ok(&config, multipath_config_size(1)));
    assert_false(multipath_config_ok(&config, multipath_config_size(2)));
    config.map[0].value[MULTIPATH_GROUP] = 2;
    assert_false(multipath_config_ok(&config, multipath_config_size(1)));

    static struct deed_steps steps = {.type = DEED_STEPS, .steps = 1};
    assert_true(deed_steps_ok(&steps, sizeof steps));
    steps.step[0].kind = STEPS;
    assert_false(deed_steps_ok(&steps, sizeof steps));
    steps.steps = PLAN_STEPS_MAX + 1;
    assert_false(deed_steps_ok(&steps, sizeof steps));

    struct deed_paths paths = {.type = DEED_DELETE, .paths = 1, .path = {"sda"}};
    assert_true(deed_paths_ok(&paths, sizeof paths));
    strcpy(paths.path[0], "../x");
    assert_false(deed_paths_ok(&paths, sizeof paths));

    struct multipath_request request = {.type = MULTIPATH_REMOVE, .map = 1};
    assert_true(multipath_request_ok(&request, sizeof request, 2));
    assert_false(multipath_request_ok(&request, sizeof request, 1));
    request.type = MULTIPATH_LEAVE;
    assert_true(multipath_request_ok(&request, sizeof request, 0));
    request.delete_paths = 2;
    assert_false(multipath_request_ok(&request, sizeof request, 2));

    struct check_reply reply = {.verdict = VERDICTS};
    assert_false(check_reply_ok(&reply, sizeof reply));
    reply.verdict = VERDICT_UP;
    assert_true(check_reply_ok(&reply, sizeof reply));
    memset(reply.text, 'x', sizeof reply.text);
    assert_false(check_reply_ok(&reply, sizeof reply));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uevents_of_disks_and_their_scsi_devices_matter),
        cmocka_unit_test(a_checks_outcome),
        cmocka_unit_test_setup_teardown(a_path_is_read_from_sysfs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_lun_is_found_by_any_of_its_names, set_up, tear_down),
        cmocka_unit_test(a_remote_ports_times_are_written_in_an_order_that_it_takes),
        cmocka_unit_test_setup_teardown(what_the_kernel_waits_for_is_set, set_up, tear_down),
        cmocka_unit_test(messages_that_are_not_sane_are_refused),
    };
    return cmocka_run_group_tests_name("multipath devices", tests, NULL, NULL);
}
