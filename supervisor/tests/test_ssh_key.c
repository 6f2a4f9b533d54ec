/* sshkey=: what is a public key, and what is half of one. */
#include "config/ssh_key.h"
#include "tests/test.h"

#define ED25519 "AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"
#define ECDSA                                                                                      \
    "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBEmKSENjQEezOmxkZMy7opKgwFB9nkt5YRrYMjNu" \
    "G5N87uRgg6CLrbo5wAdT/y6v0mKV0U2w0WZ2YB/++Tpockg="

static void keys_that_are_whole(void **state)
{
    (void)state;
    assert_true(ssh_key_ok("ssh-ed25519 " ED25519));
    assert_true(ssh_key_ok("ssh-ed25519 " ED25519 " me@desk"));
    assert_true(ssh_key_ok("ssh-ed25519  " ED25519 "  my key at home"));
    assert_true(ssh_key_ok("ecdsa-sha2-nistp256 " ECDSA));
}

static void keys_that_are_not(void **state)
{
    (void)state;
    assert_false(ssh_key_ok(""));
    assert_false(ssh_key_ok("ssh-ed25519")); /* its quotes were forgotten */
    assert_false(ssh_key_ok("ssh-ed25519 "));
    assert_false(ssh_key_ok(ED25519));
    assert_false(ssh_key_ok("ssh-rsa " ED25519)); /* it says another type itself */
    assert_false(ssh_key_ok("ecdsa-sha2-nistp384 " ECDSA));
    assert_false(ssh_key_ok("ssh-dss AAAAB3NzaC1kc3MAAAAA"));
    assert_false(
        ssh_key_ok("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9ok"));
    assert_false(ssh_key_ok("ssh-ed25519 " ED25519 "AAAA"));
    assert_false(ssh_key_ok("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5"));
    assert_false(
        ssh_key_ok("ssh-ed25519 =AAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9o="));
    assert_false(
        ssh_key_ok("ssh-ed25519 AAA*C3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9ok"));
    assert_false(ssh_key_ok("command=\"sh\" ssh-ed25519 " ED25519));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_that_are_whole),
        cmocka_unit_test(keys_that_are_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
