/* The image's own table: what the engine takes for granted about it. */
#include "params.h"
#include "service.h"
#include "tests/test.h"

#include <string.h>

static void it_fits_with_every_shell(void **state)
{
    (void)state;
    assert_in_range(services_count + SHELLS_MAX, 1, SERVICES_MAX);
}

static bool stands_before(const char *name, unsigned end)
{
    for (unsigned i = 0; i < end; i++) {
        if (strcmp(services_table[i].name, name) == 0)
            return true;
    }
    return false;
}

static void names_are_unique_and_needs_point_backwards(void **state)
{
    (void)state;
    for (unsigned i = 0; i < services_count; i++) {
        assert_false(stands_before(services_table[i].name, i));
        for (unsigned n = 0; n < NEEDS_MAX && services_table[i].needs[n] != NULL; n++)
            assert_true(stands_before(services_table[i].needs[n], i));
    }
}

static void every_file_is_an_absolute_path(void **state)
{
    (void)state;
    for (unsigned i = 0; i < services_count; i++) {
        const struct service *s = &services_table[i];
        assert_int_equal(*(s->path != NULL ? s->path : s->argv[0]), '/');
        assert_true(s->ready == NULL || strncmp(s->ready, "/run/", 5) == 0 ||
                    strncmp(s->ready, "/dev/", 5) == 0);
    }
}

static void a_rescue_has_a_shell(void **state)
{
    (void)state;
    unsigned shells = 0;
    for (unsigned i = 0; i < services_count; i++) {
        if ((services_table[i].flags & SERVICE_RESCUE) != 0) {
            assert_true((services_table[i].flags & SERVICE_SHELL) != 0);
            shells++;
        }
    }
    assert_int_equal(shells, 1);
}

static void every_wait_has_a_deadline(void **state)
{
    (void)state;
    const int *waits = (const int *)&timing;
    for (size_t i = 0; i < sizeof(timing) / sizeof(*waits); i++)
        assert_in_range(waits[i], 1, 300000);
    for (unsigned i = 0; i < services_count; i++)
        assert_in_range(services_table[i].stop_ms, 0, timing.services_ms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_fits_with_every_shell),
        cmocka_unit_test(names_are_unique_and_needs_point_backwards),
        cmocka_unit_test(every_file_is_an_absolute_path),
        cmocka_unit_test(a_rescue_has_a_shell),
        cmocka_unit_test(every_wait_has_a_deadline),
    };
    return cmocka_run_group_tests_name("services", tests, NULL, NULL);
}
