/* What relevod and its guest workers say to each other. Both sides are the same binary, and check
 * every message all the same: a worker is where broken hardware and broken guests are met. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "guest/xen.h"

enum message_type {
    /* relevod to a worker: one job, after which the worker exits */
    MESSAGE_CREATE = 1,
    MESSAGE_DESTROY,
    MESSAGE_DESTROY_UNBUILT, /* only if it still never ran */
    MESSAGE_SHUTDOWN,
    MESSAGE_DISKS,  /* make the domain's disks those of the guest */
    MESSAGE_ATTACH, /* the guest's one disk */
    MESSAGE_DETACH,
    MESSAGE_DONE, /* the worker's answer */
    /* relevod to the watcher, and its answer, which also comes unasked after every change */
    MESSAGE_LIST,
    MESSAGE_DOMAINS,
};

struct message_job {
    uint32_t type;
    uint32_t domid; /* not for MESSAGE_CREATE */
    struct guest guest;
};

struct message_done {
    uint32_t type;
    int32_t result; /* 0, or -1 with error */
    uint32_t domid; /* of a created domain */
    char error[sizeof((struct err *)0)->text];
};

struct message_list {
    uint32_t type;
    uint32_t ticket;
};

struct message_domains {
    uint32_t type;
    uint32_t ticket; /* the list was taken after this request had come in */
    uint32_t count;
    struct xen_domain domain[XEN_DOMAINS_MAX]; /* count of them are sent */
};

/* How many bytes a list of count domains takes. */
size_t message_domains_size(uint32_t count);

/* Whether data is a whole, sane message: known type, the size of that type, counts within bounds,
 * strings closed, enums in range. */
bool message_ok(const void *data, size_t size);
