#include "config/words.h"

#include <string.h>

enum reader {
    READ_HERE,    /* by the function beside it */
    READ_BY_INIT, /* on the command line, by init */
    READ_LATER,   /* ours, but this version does not act on it */
};

static const struct known {
    const char *key;
    enum reader reader;
    void (*take)(struct site *site, struct place place, char *value);
} known[] = {
    {"bond", READ_HERE, word_bond},
    {"bridge", READ_HERE, word_bridge},
    {"guest", READ_HERE, word_guest},
    {"ifname", READ_HERE, word_ifname},
    {"ip", READ_HERE, word_ip},
    {"nameserver", READ_HERE, word_nameserver},
    {"vlan", READ_HERE, word_vlan},
    {"hostname", READ_BY_INIT, NULL},
    {"rescue", READ_BY_INIT, NULL},
    {"shell", READ_BY_INIT, NULL},
    {"cluster", READ_HERE, word_cluster},
    {"drbd", READ_HERE, word_drbd},
    {"log", READ_LATER, NULL},
    {"multipath", READ_HERE, word_multipath},
    {"node", READ_HERE, word_node},
    {"ntp", READ_LATER, NULL},
    {"role", READ_HERE, word_role},
    {"sshkey", READ_HERE, word_sshkey},
    {"state", READ_HERE, word_state},
    {"fence", READ_HERE, word_fence},
};
#define KNOWN (sizeof known / sizeof known[0])

static const struct known *find(const char *key)
{
    for (size_t i = 0; i < KNOWN; i++)
        if (kv_same_key(known[i].key, key))
            return &known[i];
    return NULL;
}

/* Whether a becomes b by one letter added, lost, changed, or by swapping two neighbours. */
static bool one_slip_apart(const char *a, const char *b)
{
    size_t la = strlen(a), lb = strlen(b), head = 0;
    while (a[head] != '\0' && a[head] == b[head])
        head++;
    if (la == lb)
        return la != head && (strcmp(a + head + 1, b + head + 1) == 0 ||
                              (a[head] == b[head + 1] && a[head + 1] == b[head] &&
                               strcmp(a + head + 2, b + head + 2) == 0));
    if (la == lb + 1)
        return strcmp(a + head + 1, b + head) == 0;
    return lb == la + 1 && strcmp(a + head, b + head + 1) == 0;
}

/* The command line is shared with the kernel, Xen's tools and whoever else: an unknown word there
 * is somebody's. One slip from a word of ours, with a value, it is most likely meant for us. */
static void suspect_typing_error(struct site *site, struct place place, const struct kv *word)
{
    if (word->value == NULL || strlen(word->key) < 4)
        return;
    for (size_t i = 0; i < KNOWN; i++)
        if (strlen(known[i].key) >= 4 && one_slip_apart(word->key, known[i].key))
            site_error(site, place, word->key,
                       "not known; expected %s=, if it is meant for relevod", known[i].key);
}

void word_take(struct site *site, struct place place, struct kv word)
{
    const struct known *k = find(word.key);
    bool command_line = place.line == 0;
    if (k == NULL) {
        if (command_line)
            suspect_typing_error(site, place, &word);
        else
            site_error(site, place, word.key, "not known; expected a parameter of relevo.conf(5)");
        return;
    }
    switch (k->reader) {
    case READ_HERE:
        if (word.value == NULL)
            site_error(site, place, word.key, "expected %s=VALUE", k->key);
        else
            k->take(site, place, word.value);
        return;
    case READ_BY_INIT:
        if (!command_line)
            site_error(site, place, word.key, "expected on the kernel command line only");
        return;
    case READ_LATER:
        site_error(site, place, word.key, "not supported by this version; left out");
        return;
    }
}
