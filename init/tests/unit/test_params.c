#include "fake.h"
#include "fmt.h"
#include "params.h"
#include "tests/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct params parse(const char *words)
{
    struct params out;
    char *line = strdup(words);
    fake_said[0] = '\0';
    params_parse(line, &out);
    free(line);
    return out;
}

static void the_words_of_init_among_others(void **state)
{
    (void)state;
    struct params p = parse("console=hvc0 root=/dev/x hostname=blade1 rescue shell=ttyS1 quiet\n");
    assert_string_equal(p.hostname, "blade1");
    assert_true(p.rescue);
    assert_int_equal(p.shells, 1);
    assert_string_equal(p.shell[0], "ttyS1");
    assert_string_equal(fake_said, "");
    p = parse("");
    assert_string_equal(p.hostname, "");
    assert_false(p.rescue);
    assert_int_equal(p.shells, 0);
}

static void the_last_hostname_counts(void **state)
{
    (void)state;
    assert_string_equal(parse("hostname=a hostname=b.example.org").hostname, "b.example.org");
    assert_string_equal(parse("hostname=a hostname=-").hostname, "a");
}

static void hostnames_that_cannot_be(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        const char *said;
    } bad[] = {
        {"hostname", "hostname= left out: it has no value\n"},
        {"hostname=", "hostname= left out: a part of it is empty or ends in a hyphen\n"},
        {"hostname=a..b", "hostname=a..b left out: a part of it is empty or ends in a hyphen\n"},
        {"hostname=a-.b", "hostname=a-.b left out: a part of it is empty or ends in a hyphen\n"},
        {"hostname=-a", "hostname=-a left out: expected letters, digits, hyphens and dots\n"},
        {"hostname=a_b", "hostname=a_b left out: expected letters, digits, hyphens and dots\n"},
        {"hostname=a/b", "hostname=a/b left out: expected letters, digits, hyphens and dots\n"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_string_equal(parse(bad[i].word).hostname, "");
        assert_string_equal(fake_said, bad[i].said);
    }
}

static void a_hostname_at_the_limit_and_one_past_it(void **state)
{
    (void)state;
    char word[128];
    snprintf(word, sizeof(word), "hostname=%064d", 0);
    assert_int_equal(strlen(parse(word).hostname), HOSTNAME_MAX);
    snprintf(word, sizeof(word), "hostname=%065d", 0);
    assert_string_equal(parse(word).hostname, "");
    assert_non_null(strstr(fake_said, "it is longer than 64 characters"));
}

static void shells_at_the_limit_and_one_past_it(void **state)
{
    (void)state;
    struct params p = parse("shell=ttyS1 shell=ttyS2 shell=hvc1 shell=ttyS3");
    assert_int_equal(p.shells, SHELLS_MAX);
    assert_string_equal(p.shell[2], "hvc1");
    assert_string_equal(fake_said, "shell=ttyS3 left out: there are 3 already\n");
    p = parse("shell=abcdefghijklmnopqrstuvwx shell=abcdefghijklmnopqrstuvwxy");
    assert_int_equal(p.shells, 1);
    assert_int_equal(strlen(p.shell[0]), TTY_NAME_MAX);
    assert_non_null(strstr(fake_said, "it is longer than 24 characters"));
}

static void shells_that_cannot_be(void **state)
{
    (void)state;
    assert_int_equal(parse("shell").shells, 0);
    assert_int_equal(parse("shell=").shells, 0);
    assert_int_equal(parse("shell=../sda").shells, 0);
    assert_non_null(strstr(fake_said, "expected the name of a terminal in /dev, like ttyS1"));
    assert_int_equal(parse("shell=console").shells, 0);
    assert_int_equal(parse("shell=ttyS1 shell=ttyS1").shells, 1);
    assert_string_equal(fake_said, "shell=ttyS1 left out: it is named twice\n");
}

/* Under the sanitizers: whatever the bytes, the parser stays inside its buffers. */
static void noise(void **state)
{
    (void)state;
    static const char *const pieces[] = {"hostname", "shell",    "rescue", "=", " ", "\"", "\t",
                                         "ttyS1",    "\x80\xff", "-",      ".", "a", "\n", "=="};
    uint32_t random = 1;
    for (int i = 0; i < 20000; i++) {
        char line[512];
        size_t length = 0;
        line[0] = '\0';
        for (int n = 0; n < 30; n++) {
            random = random * 1664525U + 1013904223U;
            const char *piece = pieces[(random >> 16) % (sizeof(pieces) / sizeof(pieces[0]))];
            length += fmt(line + length, sizeof(line) - length, "%s", piece);
        }
        struct params p = parse(line);
        assert_in_range(p.shells, 0, SHELLS_MAX);
        assert_in_range(strlen(p.hostname), 0, HOSTNAME_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_words_of_init_among_others),
        cmocka_unit_test(the_last_hostname_counts),
        cmocka_unit_test(hostnames_that_cannot_be),
        cmocka_unit_test(a_hostname_at_the_limit_and_one_past_it),
        cmocka_unit_test(shells_at_the_limit_and_one_past_it),
        cmocka_unit_test(shells_that_cannot_be),
        cmocka_unit_test(noise),
    };
    return cmocka_run_group_tests_name("params", tests, NULL, NULL);
}
