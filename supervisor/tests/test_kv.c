#include "base/kv.h"
#include "tests/test.h"

static void words_are_split_at_blanks_and_the_first_equals(void **state)
{
    (void)state;
    char line[] = "  hostname=blade1 rescue\tguest=web:disk=/dev/xvda,memory=64\n";
    char *at = line;
    struct kv w;
    assert_true(kv_next(&at, &w));
    assert_string_equal(w.key, "hostname");
    assert_string_equal(w.value, "blade1");
    assert_true(kv_next(&at, &w));
    assert_string_equal(w.key, "rescue");
    assert_null(w.value);
    assert_true(kv_next(&at, &w));
    assert_string_equal(w.key, "guest");
    assert_string_equal(w.value, "web:disk=/dev/xvda,memory=64");
    assert_false(kv_next(&at, &w));
}

static void quotes_protect_blanks_and_vanish(void **state)
{
    (void)state;
    char line[] = "\"a b\"=1 c=\"d e\"f g=\"\" \"";
    char *at = line;
    struct kv w;
    assert_true(kv_next(&at, &w));
    assert_string_equal(w.key, "a b");
    assert_string_equal(w.value, "1");
    assert_true(kv_next(&at, &w));
    assert_string_equal(w.value, "d ef");
    assert_true(kv_next(&at, &w));
    assert_string_equal(w.key, "g");
    assert_string_equal(w.value, "");
    assert_true(kv_next(&at, &w)); /* an open quote is an empty word, not an overrun */
    assert_string_equal(w.key, "");
    assert_false(kv_next(&at, &w));
}

static void dash_and_underscore_are_the_same_in_keys(void **state)
{
    (void)state;
    assert_true(kv_same_key("arp-interval", "arp_interval"));
    assert_false(kv_same_key("arp", "arp_interval"));
    assert_false(kv_same_key("arp_interval", "arp"));
}

static void brackets_protect_colons(void **state)
{
    (void)state;
    char s[] = "[fe80::1]::[fe80::2]:64";
    char *part[4];
    assert_int_equal(kv_split(s, ':', part, 4), 4);
    assert_string_equal(part[0], "[fe80::1]");
    assert_string_equal(part[1], "");
    assert_string_equal(part[3], "64");
    char many[] = "a:b:c";
    assert_int_equal(kv_split(many, ':', part, 2), -1);
    char empty[] = "";
    assert_int_equal(kv_split(empty, ':', part, 4), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_split_at_blanks_and_the_first_equals),
        cmocka_unit_test(quotes_protect_blanks_and_vanish),
        cmocka_unit_test(dash_and_underscore_are_the_same_in_keys),
        cmocka_unit_test(brackets_protect_colons),
    };
    return cmocka_run_group_tests_name("kv", tests, NULL, NULL);
}
