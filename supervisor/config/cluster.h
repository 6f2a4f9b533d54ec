/* The cluster as configured: who belongs to it, its timing, its devices. */
#pragma once
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/place.h"
#include "config/word_option.h"
#include "core/site.h"

#define CLUSTER_NAME_SIZE   64
#define CLUSTER_LINKS_MAX   2
#define CLUSTER_DEVICE_SIZE 256
#define CLUSTER_FENCES_MAX  (CORE_NODES + 1)
#define CLUSTER_USER_SIZE   17 /* IPMI 2.0: 16 bytes, and 20 for a password */

/* Files of the site's folder. */
#define CLUSTER_KEY_FILE      "corosync_key"
#define CLUSTER_PASSWORD_FILE "ipmi_password"
#define CLUSTER_KEY_MIN       128 /* knet's KNET_MIN_KEY_LEN and KNET_MAX_KEY_LEN */
#define CLUSTER_KEY_MAX       4096

enum cluster_state {
    CLUSTER_NONE,   /* no word of one: the node is by itself */
    CLUSTER_BROKEN, /* words that cannot be acted on: no guest is started here */
    CLUSTER_READY,
};

enum cluster_option_id {
    CLUSTER_TOKEN, /* corosync's: how long until a lost token is noticed */
    CLUSTER_PORT,  /* UDP, of the first link; the second has the next */
    CLUSTER_BEAT,  /* from here on what struct timing calls so */
    CLUSTER_LEASE,
    CLUSTER_WATCHDOG,
    CLUSTER_SILENCE,
    CLUSTER_WAIT,
    CLUSTER_MARGIN,
    CLUSTER_DRIFT,
    CLUSTER_STOP,
    CLUSTER_SETTLE,
    CLUSTER_OPTIONS
};

/* Milliseconds, but for the port and drift (parts per million). */
extern const struct word_option cluster_option[CLUSTER_OPTIONS];

enum fence_kind { FENCE_NONE, FENCE_IPMI, FENCE_EXEC };

/* How a node is switched off. */
struct cluster_fence {
    enum fence_kind kind;
    char target[CLUSTER_DEVICE_SIZE]; /* the BMC's address; or a file of the site's folder */
    char user[CLUSTER_USER_SIZE];     /* at the BMC */
    uint8_t cipher;                   /* IPMI's cipher suite; 0: the best that the BMC names */
};

/* A part of a fence= word. */
struct site_fence {
    struct place place;
    char node[CLUSTER_NAME_SIZE]; /* empty: all that no other word names */
    struct cluster_fence by;
};

struct cluster_address {
    int family; /* AF_INET, AF_INET6 */
    uint8_t address[16];
};

struct cluster_node {
    struct place place;
    char name[CLUSTER_NAME_SIZE];
    uint8_t id; /* from 1; what core/ calls the node's number is one less */
    bool witness;
    uint32_t memory_mib; /* for guests; 0: not counted */
    uint32_t links;
    struct cluster_address link[CLUSTER_LINKS_MAX];
    struct cluster_fence fence;
};

struct cluster_config {
    enum cluster_state state;
    char name[CLUSTER_NAME_SIZE];
    struct place name_place, role_place, device_place;
    uint32_t value[CLUSTER_OPTIONS];
    struct timing timing; /* from value, when READY */
    bool witness;         /* role=witness stands on this node */
    bool bad_word;        /* one was left out: what is left is not the cluster that was meant */
    uint32_t nodes;
    struct cluster_node node[CORE_NODES]; /* READY: node[i] has the id i + 1 */
    uint32_t self;                        /* READY: index of this node */
    bool fence_device;                    /* READY: every node that runs guests has one */
    char device[CLUSTER_DEVICE_SIZE];     /* of state=; empty: none */
    char folder[CLUSTER_DEVICE_SIZE];     /* the site's, where keys and programs are */
    uint32_t fences;
    struct site_fence fence[CLUSTER_FENCES_MAX];
};

/* Corosync's consensus, in ms: how long those that are left wait for one that has died. Its manual
 * warns of odd memberships where that is less than the token; relevod trusts no membership, and
 * nobody is heard meanwhile. */
static inline uint32_t cluster_consensus(uint32_t token)
{
    return token / 2;
}

/* Index of the node with this name, or -1. */
int cluster_find(const struct cluster_config *cluster, const char *name);

/* Whether there is a node of this name, and guests may run on it. */
bool cluster_runs_guests(const struct cluster_config *cluster, const char *name);

/* What core/ knows a guest or a mirror by: the same on all nodes. Never 0. */
uint64_t cluster_id(const char *name);

/* The address as text, without brackets. */
void cluster_address_format(const struct cluster_address *a, char text[INET6_ADDRSTRLEN]);
