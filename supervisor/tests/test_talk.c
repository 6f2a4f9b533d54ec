/* Netlink requests sent together: what is looked at is the loopback interface, which is always
 * there. */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <string.h>

#include "network/link.h"
#include "network/talk.h"
#include "tests/test.h"

static struct nl_msg *look_at(const char *name)
{
    struct ifinfomsg header = {0};
    struct nl_msg *m = talk_message(RTM_GETLINK, 0, &header, sizeof header);
    if (m != NULL)
        nla_put_string(m, IFLA_IFNAME, name);
    return m;
}

static int open_socket(void **state)
{
    struct err e;
    *state = link_open(&e);
    return *state != NULL ? 0 : -1;
}

static int close_socket(void **state)
{
    link_close(*state);
    return 0;
}

static void each_error_is_told_of_its_request(void **state)
{
    struct nl_msg *message[] = {look_at("lo"), look_at("nowhere0"), look_at("lo"),
                                look_at("nowhere1"), look_at("lo")};
    int error[5];
    talk_all(*state, message, 5, error);
    const int expected[] = {0, -ENODEV, 0, -ENODEV, 0};
    assert_memory_equal(error, expected, sizeof expected);
}

static void the_last_may_fail_too(void **state)
{
    struct nl_msg *message[] = {look_at("lo"), look_at("nowhere0")};
    int error[2];
    talk_all(*state, message, 2, error);
    assert_int_equal(error[0], 0);
    assert_int_equal(error[1], -ENODEV);
}

static void all_may_fail_at_once(void **state)
{
    struct nl_msg *message[TALK_MAX];
    int error[TALK_MAX];
    for (int i = 0; i < TALK_MAX; i++)
        message[i] = look_at("nowhere0");
    talk_all(*state, message, TALK_MAX, error);
    for (int i = 0; i < TALK_MAX; i++)
        assert_int_equal(error[i], -ENODEV);
}

static void nothing_is_sent_when_one_cannot_be(void **state)
{
    struct nl_msg *message[] = {look_at("lo"), NULL};
    int error[2];
    talk_all(*state, message, 2, error);
    assert_int_equal(error[0], -ENOMEM);
    assert_int_equal(error[1], -ENOMEM);
}

/* What others left on the socket is nobody's answer; libnl's own requests go on, too. */
static void conversations_follow_each_other(void **state)
{
    struct link_state link;
    struct err e;
    for (int i = 0; i < 3; i++) {
        each_error_is_told_of_its_request(state);
        assert_int_equal(link_look(*state, "lo", &link, &e), 0);
        assert_true(link.exists);
        assert_string_equal(link.name, "lo");
        assert_int_equal(link_look(*state, "nowhere0", &link, &e), 0);
        assert_false(link.exists);
    }
    struct nl_msg *left = look_at("lo");
    assert_true(nl_send_auto(*state, left) > 0);
    nlmsg_free(left);
    assert_int_equal(link_look(*state, "nowhere0", &link, &e), 0);
    assert_false(link.exists);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_error_is_told_of_its_request),
        cmocka_unit_test(the_last_may_fail_too),
        cmocka_unit_test(all_may_fail_at_once),
        cmocka_unit_test(nothing_is_sent_when_one_cannot_be),
        cmocka_unit_test(conversations_follow_each_other),
    };
    return cmocka_run_group_tests(tests, open_socket, close_socket);
}
