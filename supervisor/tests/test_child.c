/* The child helper, with this very program as the child: role by role. */
#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/test.h"

/* What a child said and how it ended. */
struct story {
    qb_loop_t *loop;
    struct child *child;
    size_t messages;
    size_t bytes; /* of the last message */
    char first;
    int status;
    bool timed_out;
};

static void on_message(void *owner, const void *data, size_t size)
{
    struct story *s = owner;
    s->messages++;
    s->bytes = size;
    s->first = *(const char *)data;
}

static void on_ended(void *owner, int status, bool timed_out)
{
    struct story *s = owner;
    s->status = status;
    s->timed_out = timed_out;
    s->child = NULL;
    qb_loop_stop(s->loop);
}

static const struct child_events events = {.message = on_message, .ended = on_ended};

static void begin(struct story *s, const char *role, uint32_t deadline_ms)
{
    *s = (struct story){.loop = qb_loop_create()};
    assert_non_null(s->loop);
    struct err e;
    s->child =
        child_start(s->loop,
                    &(struct child_spec){
                        .role = role, .deadline_ms = deadline_ms, .events = &events, .owner = s},
                    &e);
    assert_non_null(s->child);
}

static void finish(struct story *s)
{
    qb_loop_run(s->loop);
    assert_null(s->child);
    qb_loop_destroy(s->loop);
}

static void a_message_comes_back_and_the_end_is_told(void **state)
{
    (void)state;
    struct story s;
    begin(&s, "echo", 0);
    assert_int_equal(child_send(s.child, "hello", 5, NULL), 0);
    finish(&s);
    assert_int_equal(s.messages, 1);
    assert_int_equal(s.bytes, 5);
    assert_true(WIFEXITED(s.status) && WEXITSTATUS(s.status) == 0);
    assert_false(s.timed_out);
}

static void the_largest_message_passes_and_a_larger_one_does_not(void **state)
{
    (void)state;
    static char big[CHILD_MESSAGE_MAX + 1];
    memset(big, 'x', sizeof big);
    struct story s;
    struct err e;
    begin(&s, "echo", 0);
    assert_int_equal(child_send(s.child, big, sizeof big, &e), -1);
    assert_int_equal(child_send(s.child, big, CHILD_MESSAGE_MAX, &e), 0);
    finish(&s);
    assert_int_equal(s.messages, 1);
    assert_int_equal(s.bytes, CHILD_MESSAGE_MAX);
    assert_int_equal(s.first, 'x');
}

static void a_child_that_says_too_much_at_once_is_killed(void **state)
{
    (void)state;
    struct story s;
    begin(&s, "shout", 0);
    finish(&s);
    assert_int_equal(s.messages, 0);
    assert_true(WIFSIGNALED(s.status) && WTERMSIG(s.status) == SIGKILL);
}

static void all_that_was_said_before_the_end_is_heard(void **state)
{
    (void)state;
    struct story s;
    begin(&s, "chatter", 0);
    finish(&s);
    assert_int_equal(s.messages, 20);
    assert_int_equal(WEXITSTATUS(s.status), 7);
}

static void a_deadline_kills(void **state)
{
    (void)state;
    struct story s;
    begin(&s, "sleep", 30);
    finish(&s);
    assert_true(s.timed_out);
    char text[64];
    child_describe_end(s.status, s.timed_out, text, sizeof text);
    assert_string_equal(text, "killed after its deadline");
}

static void a_child_that_hears_nothing_fills_up_and_says_so(void **state)
{
    (void)state;
    static char big[CHILD_MESSAGE_MAX];
    struct story s;
    struct err e;
    begin(&s, "sleep", 0);
    int sent = 0;
    while (child_send(s.child, big, sizeof big, &e) == 0)
        assert_true(++sent < 10000);
    assert_non_null(strstr(e.text, "cannot send to the child"));
    child_kill(s.child);
    finish(&s);
    assert_false(s.timed_out);
}

static void a_program_is_started_with_its_arguments(void **state)
{
    (void)state;
    char path[] = "/bin/sh", flag[] = "-c", script[] = "exit 3";
    char *argv[] = {path, flag, script, NULL};
    struct story s = {.loop = qb_loop_create()};
    s.child = child_start(s.loop,
                          &(struct child_spec){.argv = argv, .events = &events, .owner = &s}, NULL);
    assert_non_null(s.child);
    finish(&s);
    assert_int_equal(WEXITSTATUS(s.status), 3);
}

static void a_program_that_is_not_there_says_so(void **state)
{
    (void)state;
    char path[] = "/no/such/program";
    char *argv[] = {path, NULL};
    struct story s = {.loop = qb_loop_create()};
    s.child = child_start(s.loop,
                          &(struct child_spec){.argv = argv, .events = &events, .owner = &s}, NULL);
    assert_non_null(s.child);
    finish(&s);
    char text[64];
    child_describe_end(s.status, s.timed_out, text, sizeof text);
    assert_string_equal(text, "could not be executed");
}

static void write_oom_score(const char *text)
{
    FILE *file = fopen("/proc/self/oom_score_adj", "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void a_child_does_not_inherit_the_oom_score(void **state)
{
    (void)state;
    struct story s;
    write_oom_score("300"); /* to raise it takes no privilege */
    begin(&s, "oom", 0);
    write_oom_score("0");
    finish(&s);
    assert_int_equal(s.messages, 1);
    assert_int_equal(s.first, '0');
}

/* A parent that dies takes its child along. */
static void children_die_with_their_parent(void **state)
{
    (void)state;
    int pipe_ends[2];
    assert_int_equal(pipe(pipe_ends), 0);
    pid_t parent = fork();
    if (parent == 0) {
        close(
            pipe_ends[0]); /* the child inherits the other end, and holds it open while it lives */
        struct story s = {.loop = qb_loop_create()};
        s.child = child_start(
            s.loop, &(struct child_spec){.role = "sleep", .events = &events, .owner = &s}, NULL);
        _exit(s.child != NULL ? 0 : 1);
    }
    close(pipe_ends[1]);
    int status;
    assert_int_equal(waitpid(parent, &status, 0), parent);
    assert_int_equal(WEXITSTATUS(status), 0);
    char byte;
    assert_int_equal(read(pipe_ends[0], &byte, 1), 0); /* end of file: nobody is left */
    close(pipe_ends[0]);
}

static int role(const char *name)
{
    static char big[4 * CHILD_MESSAGE_MAX];
    if (strcmp(name, "echo") == 0) {
        ptrdiff_t n = role_receive(big, sizeof big);
        return n > 0 && role_send(big, (size_t)n) == 0 ? 0 : 1;
    }
    if (strcmp(name, "oom") == 0) {
        int file = open("/proc/self/oom_score_adj", O_RDONLY | O_CLOEXEC);
        ssize_t n = read(file, big, sizeof big);
        close(file);
        return n > 0 && role_send(big, (size_t)n) == 0 ? 0 : 1;
    }
    if (strcmp(name, "chatter") == 0) {
        for (int i = 0; i < 20; i++)
            if (role_send("x", 1) != 0)
                return 1;
        return 7;
    }
    if (strcmp(name, "shout") == 0)
        role_send(big, CHILD_MESSAGE_MAX + 1);
    for (;;)
        pause();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_comes_back_and_the_end_is_told),
        cmocka_unit_test(the_largest_message_passes_and_a_larger_one_does_not),
        cmocka_unit_test(a_child_that_says_too_much_at_once_is_killed),
        cmocka_unit_test(all_that_was_said_before_the_end_is_heard),
        cmocka_unit_test(a_deadline_kills),
        cmocka_unit_test(a_child_that_hears_nothing_fills_up_and_says_so),
        cmocka_unit_test(a_program_is_started_with_its_arguments),
        cmocka_unit_test(a_program_that_is_not_there_says_so),
        cmocka_unit_test(a_child_does_not_inherit_the_oom_score),
        cmocka_unit_test(children_die_with_their_parent),
    };
    if (argc == 3 && strcmp(argv[1], "--role") == 0)
        return role(argv[2]);
    return cmocka_run_group_tests_name("child", tests, NULL, NULL);
}
