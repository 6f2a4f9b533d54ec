/* The boot parameters: one table says which are ours and who reads them. */
#pragma once
#include "base/kv.h"
#include "config/site.h"

/* Takes one word into the site, or leaves it out with an error. Words of the kernel and of other
 * programs are passed over on the command line and are errors in a file. */
void word_take(struct site *site, struct place place, struct kv word);

/* The readers of single words; value is theirs to cut up. */
void word_ifname(struct site *site, struct place place, char *value);
void word_bond(struct site *site, struct place place, char *value);
void word_vlan(struct site *site, struct place place, char *value);
void word_bridge(struct site *site, struct place place, char *value);
void word_ip(struct site *site, struct place place, char *value);
void word_nameserver(struct site *site, struct place place, char *value);
void word_sshkey(struct site *site, struct place place, char *value);
void word_multipath(struct site *site, struct place place, char *value);
void word_cluster(struct site *site, struct place place, char *value);
void word_node(struct site *site, struct place place, char *value);
void word_role(struct site *site, struct place place, char *value);
void word_state(struct site *site, struct place place, char *value);
void word_fence(struct site *site, struct place place, char *value);
void word_drbd(struct site *site, struct place place, char *value);
void word_guest(struct site *site, struct place place, char *value);
