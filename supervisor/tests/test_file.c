/* Records in RUN_DIR: written in one step, and not mistaken for each other. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/run_dir.h"
#include "tests/test.h"

#define FOLDER     "guests"
#define NAMES_SIZE 64

static char run[] = "/tmp/relevo-test-XXXXXX";

static int begin(void **state)
{
    (void)state;
    return mkdtemp(run) != NULL && setenv("RELEVO_RUN", run, 1) == 0 ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", run);
    return system(command); /* NOLINT(cert-env33-c,concurrency-mt-unsafe): our own folder */
}

static void note_name(const char *name, void *data)
{
    char *names = data;
    size_t used = strlen(names);
    snprintf(names + used, NAMES_SIZE - used, "%s ", name);
}

static void save(const char *name, const char *text)
{
    assert_int_equal(run_save(FOLDER, name, text, NULL), 0);
}

static void a_write_that_is_cut_off_leaves_no_record(void **state)
{
    (void)state;
    char names[NAMES_SIZE] = "", text[64];
    save("web", "old");
    pid_t pid = fork();
    if (pid == 0) { /* killed by the kernel in the middle of its write */
        setrlimit(RLIMIT_FSIZE, &(struct rlimit){4, 4});
        run_save(FOLDER, "web", "a longer record", NULL);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ);
    run_for_each(FOLDER, note_name, names);
    assert_string_equal(names, "web ");
    assert_int_equal(run_load(FOLDER, "web", text, sizeof text), 0);
    assert_string_equal(text, "old");
    save("web", "new");
    assert_int_equal(run_load(FOLDER, "web", text, sizeof text), 0);
    assert_string_equal(text, "new");
}

static void no_name_stands_in_the_way_of_another(void **state)
{
    (void)state;
    char text[64];
    save("web.new", "another guest's");
    save("web", "its own");
    assert_int_equal(run_load(FOLDER, "web.new", text, sizeof text), 0);
    assert_string_equal(text, "another guest's");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_write_that_is_cut_off_leaves_no_record),
        cmocka_unit_test(no_name_stands_in_the_way_of_another),
    };
    return cmocka_run_group_tests_name("file", tests, begin, end);
}
