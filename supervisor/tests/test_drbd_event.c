/* The kernel's messages about mirrors, made here as the kernel makes them, and what they become. */
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <string.h>

#include "storage/drbd_event.h"
#include "tests/test.h"

/* include/linux/drbd_genl.h */
enum { CHANGE = 2, DESTROY = 3, CALL = 4, RESPONSE = 5, CONTINUES = 0x8000 };
#define MANDATORY (1 << 14)

static struct nl_msg *message;

static void begin(uint8_t command, const char *resource, uint32_t type)
{
    message = nlmsg_alloc();
    void *user = genlmsg_put(message, 0, 0, NLMSG_MIN_TYPE + 5, 8, 0, command, 1);
    memset(user, 0, 8);
    struct nlattr *context = nla_nest_start(message, 2);
    nla_put_u32(message, 1 | MANDATORY, 0);
    nla_put_string(message, 2 | MANDATORY, resource);
    nla_nest_end(message, context);
    struct nlattr *notification = nla_nest_start(message, 23);
    nla_put_u32(message, 1 | MANDATORY, type | CONTINUES);
    nla_nest_end(message, notification);
}

static void finish(struct drbd_state *state, enum drbd_event_kind kind)
{
    struct drbd_event event;
    struct nlmsghdr *nlh = nlmsg_hdr(message);
    drbd_event_parse(nlh, nlh->nlmsg_len, &event);
    assert_int_equal(event.kind, kind);
    assert_string_equal(event.resource, "web");
    drbd_event_apply(&event, state);
    /* Cut anywhere, it is nothing. */
    for (uint32_t size = 0; size < nlh->nlmsg_len; size++) {
        drbd_event_parse(nlh, size, &event);
        assert_int_equal(event.kind, DRBD_EVENT_OTHER);
    }
    nlmsg_free(message);
}

static void numbers(uint8_t command, int top, uint32_t a, uint32_t b, struct drbd_state *state,
                    enum drbd_event_kind kind)
{
    begin(command, "web", CHANGE);
    struct nlattr *nest = nla_nest_start(message, top);
    nla_put_u32(message, 1, a);
    nla_put_u32(message, 2, b);
    nla_nest_end(message, nest);
    finish(state, kind);
}

static void gone(uint8_t command, struct drbd_state *state, enum drbd_event_kind kind)
{
    begin(command, "web", DESTROY);
    finish(state, kind);
}

static void a_mirror_comes_up_and_goes(void **state)
{
    (void)state;
    struct drbd_state s = {.peer_disk = DRBD_DISK_UNKNOWN};
    begin(34, "web", CHANGE);
    struct nlattr *nest = nla_nest_start(message, 15);
    nla_put_u32(message, 1, DRBD_PRIMARY);
    nla_put_u8(message, 2, 0);
    nla_put_u8(message, 3, 1);
    nla_put_u8(message, 4, 1);
    nla_nest_end(message, nest);
    finish(&s, DRBD_EVENT_RESOURCE);
    assert_true(s.resource == 1 && s.role == DRBD_PRIMARY && s.no_data == 1 && s.frozen == 1);
    numbers(35, 16, DRBD_UP_TO_DATE, 0, &s, DRBD_EVENT_DEVICE);
    assert_true(s.device == 1 && s.disk == DRBD_UP_TO_DATE);
    numbers(36, 17, DRBD_WF_CONNECTION, 0, &s, DRBD_EVENT_CONNECTION);
    assert_true(s.connection == 1 && s.conn == DRBD_WF_CONNECTION);
    numbers(36, 17, DRBD_WF_REPORT_PARAMS, DRBD_SECONDARY, &s, DRBD_EVENT_CONNECTION);
    assert_true(s.conn == DRBD_WF_REPORT_PARAMS && s.peer_role == DRBD_SECONDARY);
    numbers(37, 18, DRBD_SYNC_SOURCE, DRBD_INCONSISTENT, &s, DRBD_EVENT_PEER);
    assert_true(s.conn == DRBD_SYNC_SOURCE && s.peer_disk == DRBD_INCONSISTENT);
    /* The link breaks: the connection's word counts, whatever the device's last one was. */
    numbers(36, 17, DRBD_NETWORK_FAILURE, 0, &s, DRBD_EVENT_CONNECTION);
    assert_int_equal(s.conn, DRBD_NETWORK_FAILURE);
    gone(37, &s, DRBD_EVENT_PEER);
    gone(36, &s, DRBD_EVENT_CONNECTION);
    assert_true(s.connection == 0 && s.conn == DRBD_STANDALONE);
    assert_int_equal(s.peer_disk, DRBD_DISK_UNKNOWN);
    gone(35, &s, DRBD_EVENT_DEVICE);
    gone(34, &s, DRBD_EVENT_RESOURCE);
    assert_true(s.device == 0 && s.resource == 0 && s.disk == DRBD_DISKLESS);
}

static void numbers_are_bytes(void **state)
{
    (void)state;
    struct drbd_state s = {.resource = 1};
    static const uint64_t uuids[DRBD_UUIDS] = {0x11, 0x22, 0x33, 0x44};
    begin(1, "web", CHANGE);
    struct nlattr *nest = nla_nest_start(message, 8);
    nla_put_u64(message, 3 | MANDATORY, 131072);
    nla_put(message, 7 | MANDATORY, sizeof uuids, uuids);
    nla_put_u32(message, 8 | MANDATORY, DRBD_FLAG_CRASHED_PRIMARY);
    nla_put_u64(message, 10 | MANDATORY, 3);
    nla_put_u64(message, 11 | MANDATORY, 5);
    nla_nest_end(message, nest);
    finish(&s, DRBD_EVENT_NUMBERS);
    assert_int_equal(s.sectors, 131072);
    assert_int_equal(s.uuid[DRBD_UUID_BITMAP], 0x22);
    assert_int_equal(s.flags, DRBD_FLAG_CRASHED_PRIMARY);
    assert_int_equal(s.out_of_sync, 3 * 4096);
    assert_int_equal(s.sync_total, 5 * 4096);
    /* Without a disk the kernel has only the size: what was known stays. */
    begin(1, "web", CHANGE);
    nest = nla_nest_start(message, 8);
    nla_put_u64(message, 3, 65536);
    nla_nest_end(message, nest);
    finish(&s, DRBD_EVENT_NUMBERS);
    assert_int_equal(s.sectors, 65536);
    assert_int_equal(s.out_of_sync, 3 * 4096);
}

static void helper(const char *name, uint32_t type, struct drbd_state *s)
{
    begin(40, "web", type);
    struct nlattr *nest = nla_nest_start(message, 24);
    nla_put_string(message, 1, name);
    nla_put_u32(message, 2, 0);
    nla_nest_end(message, nest);
    finish(s, DRBD_EVENT_HELPER);
}

static void the_helper_asks_until_it_has_ended(void **state)
{
    (void)state;
    struct drbd_state s = {.resource = 1};
    helper("fence-peer", CALL, &s);
    assert_int_equal(s.asking, 1);
    helper("split-brain", CALL, &s);
    helper("split-brain", RESPONSE, &s);
    assert_int_equal(s.asking, 1);
    helper("fence-peer", RESPONSE, &s);
    assert_int_equal(s.asking, 0);
}

static void the_end_of_an_answer_is_told(void **state)
{
    (void)state;
    struct nlmsghdr done = {.nlmsg_len = sizeof done, .nlmsg_type = NLMSG_DONE};
    struct drbd_event event;
    drbd_event_parse(&done, sizeof done, &event);
    assert_int_equal(event.kind, DRBD_EVENT_ALL_TOLD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mirror_comes_up_and_goes),
        cmocka_unit_test(numbers_are_bytes),
        cmocka_unit_test(the_helper_asks_until_it_has_ended),
        cmocka_unit_test(the_end_of_an_answer_is_told),
    };
    return cmocka_run_group_tests_name("drbd events", tests, NULL, NULL);
}
