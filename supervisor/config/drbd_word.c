/* drbd=NAME:MINOR:BACKING:NODE@ADDR:PORT,NODE@ADDR:PORT[:OPTION=VALUE,…] */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/words.h"

#define EXPECT "expected NAME:MINOR:BACKING:NODE@ADDR:PORT,NODE@ADDR:PORT[:OPTION=VALUE,...]"
#define EXPECT_NAME                                                                                \
    "expected a name of 1 to 31 letters, digits and _ . + -, not beginning with . or -"
#define EXPECT_MINOR   "%.20s: expected a minor number from 0 to 1048575"
#define EXPECT_BACKING "%.40s: expected a path that begins with /dev/"
#define EXPECT_NODE                                                                                \
    "%.60s: expected NODE@ADDR, as blade1@10.0.0.1 or blade1@[fd00::1], and a port from 1 to "     \
    "65535"

static bool name_ok(const char *name)
{
    size_t length = strlen(name);
    return length > 0 && length < DRBD_NAME_SIZE && name[0] != '.' && name[0] != '-' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+-") ==
               length;
}

static bool number(const char *text, unsigned long max, unsigned long *value)
{
    if (text[0] == '\0' || strlen(text) > 7 || strspn(text, "0123456789") != strlen(text))
        return false;
    *value = strtoul(text, NULL, 10);
    return *value <= max;
}

static bool parse_ip(char *text, struct drbd_address *address)
{
    size_t length = strlen(text);
    if (text[0] != '[')
        return inet_pton(AF_INET, text, address->bytes) == 1;
    address->v6 = 1;
    if (text[length - 1] != ']')
        return false;
    text[length - 1] = '\0';
    return inet_pton(AF_INET6, text + 1, address->bytes) == 1;
}

static bool parse_node(struct drbd_node *node, char *text, const char *port)
{
    unsigned long n = 0;
    char *at = strchr(text, '@');
    if (at == NULL || at == text || (size_t)(at - text) >= sizeof node->name ||
        !number(port, UINT16_MAX, &n) || n == 0)
        return false;
    *at = '\0';
    snprintf(node->name, sizeof node->name, "%s", text);
    node->address.port = (uint16_t)n;
    return parse_ip(at + 1, &node->address);
}

/* The colons split it as NAME, MINOR, BACKING, NODE@ADDR, "PORT,NODE@ADDR", PORT. */
static bool parse_nodes(struct site *site, const char *token, struct site_drbd *mirror, char **part)
{
    char shown[128], *second = strchr(part[1], ',');
    if (second == NULL) {
        site_error(site, mirror->place, token, EXPECT);
        return false;
    }
    *second++ = '\0';
    char *text[2] = {part[0], second};
    const char *port[2] = {part[1], part[2]};
    for (int i = 0; i < 2; i++) {
        snprintf(shown, sizeof shown, "%.90s:%.20s", text[i], port[i]);
        if (parse_node(&mirror->node[i], text[i], port[i]))
            continue;
        site_error(site, mirror->place, token, EXPECT_NODE, shown);
        return false;
    }
    if (strcmp(mirror->node[0].name, mirror->node[1].name) != 0)
        return true;
    site_error(site, mirror->place, token, "both sides are on %s; expected two nodes",
               mirror->node[0].name);
    return false;
}

static bool options_agree(struct site *site, const char *token, const struct site_drbd *mirror)
{
    const uint32_t *v = mirror->value;
    if (v[DRBD_PROTOCOL] == DRBD_PROTOCOL_A && v[DRBD_FENCING] == DRBD_FENCING_STONITH) {
        site_error(site, mirror->place, token,
                   "protocol=A: what the peer has not got yet is lost with this node; expected "
                   "fencing=dont-care beside it, to say so");
        return false;
    }
    if (v[DRBD_TIMEOUT] >= v[DRBD_PING_INT] * 10 || v[DRBD_TIMEOUT] >= v[DRBD_CONNECT_INT] * 10) {
        site_error(site, mirror->place, token,
                   "timeout=%u (0.1 s): expected it shorter than ping-int (%u s) and connect-int "
                   "(%u s)",
                   v[DRBD_TIMEOUT], v[DRBD_PING_INT], v[DRBD_CONNECT_INT]);
        return false;
    }
    if (v[DRBD_VERIFY_EVERY] != 0 && v[DRBD_VERIFY_ALG] == DRBD_ALG_NONE) {
        site_error(site, mirror->place, token,
                   "verify-every: expected a verify-alg other than none");
        return false;
    }
    return true;
}

static bool parse(struct site *site, const char *token, struct site_drbd *mirror, char *value)
{
    char *part[7];
    unsigned long minor = 0;
    int n = kv_split(value, ':', part, 7);
    if (n < 6) {
        site_error(site, mirror->place, token, EXPECT);
        return false;
    }
    if (!name_ok(part[0])) {
        site_error(site, mirror->place, token, EXPECT_NAME);
        return false;
    }
    if (!number(part[1], DRBD_MINOR_MAX, &minor)) {
        site_error(site, mirror->place, token, EXPECT_MINOR, part[1]);
        return false;
    }
    if (strncmp(part[2], "/dev/", 5) != 0 || strlen(part[2]) >= sizeof mirror->backing) {
        site_error(site, mirror->place, token, EXPECT_BACKING, part[2]);
        return false;
    }
    snprintf(mirror->name, sizeof mirror->name, "%s", part[0]);
    snprintf(mirror->backing, sizeof mirror->backing, "%s", part[2]);
    mirror->minor = (uint32_t)minor;
    return parse_nodes(site, token, mirror, part + 3) &&
           (n < 7 || word_options_take(site, mirror->place, token, drbd_option, DRBD_OPTIONS,
                                       mirror->value, part[6])) &&
           options_agree(site, token, mirror);
}

static bool share_a_node(const struct site_drbd *a, const struct site_drbd *b)
{
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < 2; k++)
            if (strcmp(a->node[i].name, b->node[k].name) == 0)
                return true;
    return false;
}

static bool same_address(const struct drbd_address *a, const struct drbd_address *b)
{
    return a->port == b->port && a->v6 == b->v6 && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

static bool share_an_address(const struct site_drbd *a, const struct site_drbd *b, char *text,
                             size_t size)
{
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < 2; k++)
            if (same_address(&a->node[i].address, &b->node[k].address)) {
                drbd_address_format(&a->node[i].address, false, text, size);
                return true;
            }
    return false;
}

/* Says what the two have in common that only one can have; false: nothing. The command line wins
 * silently over a file. */
static bool clash(struct site *site, const char *token, const struct site_drbd *mirror,
                  const struct site_drbd *other)
{
    char address[DRBD_ADDRESS_TEXT];
    bool name = strcmp(other->name, mirror->name) == 0;
    if (name && other->place.line == 0 && mirror->place.line != 0)
        return true;
    if (name)
        site_error(site, mirror->place, token,
                   "there is a mirror %s already; expected names to differ", other->name);
    else if (share_an_address(other, mirror, address, sizeof address))
        site_error(site, mirror->place, token,
                   "%s is used by mirror %s already; expected a port for each mirror", address,
                   other->name);
    else if (share_a_node(other, mirror) && other->minor == mirror->minor)
        site_error(site, mirror->place, token,
                   "minor %u is mirror %s already; expected minors to differ on a node",
                   other->minor, other->name);
    else if (share_a_node(other, mirror) && strcmp(other->backing, mirror->backing) == 0)
        site_error(site, mirror->place, token,
                   "%s is under mirror %s already; expected a device for each mirror",
                   other->backing, other->name);
    else
        return false;
    return true;
}

uint32_t drbd_side_of(const struct site_drbd *mirror, const char *node)
{
    for (uint32_t i = 0; i < 2; i++)
        if (strcmp(mirror->node[i].name, node) == 0)
            return i;
    return DRBD_NOBODY;
}

void word_drbd(struct site *site, struct place place, char *value)
{
    struct site_drbd mirror = {.place = place};
    char token[100];
    snprintf(token, sizeof token, "drbd=%s", value);
    for (int id = 0; id < DRBD_OPTIONS; id++)
        mirror.value[id] = drbd_option[id].initial;
    if (!parse(site, token, &mirror, value))
        return;
    for (uint32_t i = 0; i < site->drbd.mirrors; i++)
        if (clash(site, token, &mirror, &site->drbd.mirror[i]))
            return;
    mirror.me = drbd_side_of(&mirror, site->hostname);
    if (site->drbd.mirrors == SITE_DRBDS_MAX)
        site_error(site, place, token, "too many; expected at most %d mirrors", SITE_DRBDS_MAX);
    else
        site->drbd.mirror[site->drbd.mirrors++] = mirror;
}

/* A guest's disk in the mirrors' folder must be one of them, and one that this node has. */
void site_check_drbd(struct site *site)
{
    for (uint32_t g = 0; g < site->guests; g++) {
        const struct guest *guest = site->guest[g];
        bool here = strcmp(guest->home, site->hostname) == 0;
        for (uint32_t d = 0; d < guest->disks; d++) {
            const char *path = guest->disk[d].path;
            int i = drbd_find_disk(&site->drbd, path);
            struct place place = {.file = guest->origin};
            if (i < 0 && strncmp(path, DRBD_FOLDER, strlen(DRBD_FOLDER)) == 0)
                site_error(
                    site, place, path,
                    "disk of guest %s: expected the name of a mirror (drbd=) behind " DRBD_FOLDER,
                    guest->name);
            else if (i >= 0 && here && site->drbd.mirror[i].me == DRBD_NOBODY)
                site_error(site, place, path,
                           "disk of guest %s, whose home is %s: mirror %s is on %s and %s",
                           guest->name, guest->home, site->drbd.mirror[i].name,
                           site->drbd.mirror[i].node[0].name, site->drbd.mirror[i].node[1].name);
        }
    }
}
