#include "guest/xen_log.h"

#include <stdarg.h>

#include "tests/test.h"

static struct xen_log xen;

__attribute__((format(printf, 3, 4))) static void say(xentoollog_level level, int errnoval,
                                                      const char *format, ...)
{
    va_list args;
    va_start(args, format);
    xen.vtable.vmessage(&xen.vtable, level, errnoval, "libxl", format, args);
    va_end(args);
}

static int fresh(void **state)
{
    (void)state;
    xen_log_init(&xen);
    return 0;
}

static void the_first_error_is_kept_without_its_source(void **state)
{
    (void)state;
    say(XTL_WARN, -1, "libxl.c:1:f: only a warning");
    say(XTL_ERROR, 2, "libxl_create.c:12:domcreate: cannot open %s", "/boot/x");
    say(XTL_ERROR, -1, "libxl_create.c:13:domcreate: giving up");
    assert_string_equal(xen.first_error, "cannot open /boot/x: No such file or directory");
    xen_log_reset(&xen);
    assert_string_equal(xen.first_error, "");
}

static void a_hotplug_programs_words_win(void **state)
{
    (void)state;
    say(XTL_ERROR, -1,
        "libxl_exec.c:117:libxl_report: /etc/xen/scripts/block exited with status 1");
    say(XTL_ERROR, -1, "libxl_device.c:1337:device_hotplug: script: /dev/x is in use\n");
    say(XTL_ERROR, -1, "libxl_device.c:1337:device_hotplug: script: something later");
    assert_string_equal(xen.first_error, "/dev/x is in use");
}

static void other_texts_stay_whole(void **state)
{
    (void)state;
    say(XTL_ERROR, -1, "panic: xc_dom_core.c:689: no loader found: Invalid kernel");
    assert_string_equal(xen.first_error,
                        "panic: xc_dom_core.c:689: no loader found: Invalid kernel");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_first_error_is_kept_without_its_source, fresh),
        cmocka_unit_test_setup(a_hotplug_programs_words_win, fresh),
        cmocka_unit_test_setup(other_texts_stay_whole, fresh),
    };
    return cmocka_run_group_tests_name("xen_log", tests, NULL, NULL);
}
