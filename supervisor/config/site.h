/* The node's whole configuration: what relevod is to bring about.
 *
 * It comes from the kernel command line, from site.conf and from the guest files of the site
 * bundle. The command line wins. A piece that is wrong is left out with an error, and the rest goes
 * on. */
#pragma once
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include "config/cluster.h"
#include "config/drbd.h"
#include "config/guest.h"
#include "config/multipath.h"
#include "config/network.h"

#define SITE_ERRORS_MAX   64
#define SITE_GUESTS_MAX   256
#define SITE_SSHKEYS_MAX  16
#define SITE_SSHKEY_SIZE  1024 /* RSA with 4096 bits takes 750 */
#define SITE_WARNINGS_MAX 32
struct site_error {
    char text[400];
};

struct site {
    char hostname[65];
    struct network_config network;
    struct multipath_config multipath;
    struct cluster_config cluster;
    struct drbd_config drbd;
    char sshkey[SITE_SSHKEYS_MAX][SITE_SSHKEY_SIZE]; /* who may log in */
    uint32_t sshkeys;
    struct guest *guest[SITE_GUESTS_MAX]; /* by falling priority, then by name */
    uint32_t guests;
    struct site_error error[SITE_ERRORS_MAX];
    uint32_t errors;                              /* kept */
    uint32_t errors_dropped;                      /* for want of space */
    struct site_error warning[SITE_WARNINGS_MAX]; /* works, but hardly as meant */
    uint32_t warnings;
    bool unread; /* a file that is there could not be read, or memory ran out: not all of it */
};

struct site_source {
    const char *cmdline;  /* a file: /proc/cmdline */
    const char *folder;   /* /site; need not exist */
    const char *hostname; /* used where the command line names none */
};

/* Reads everything. Never fails: what is wrong is in site->error. To be freed with site_free().
 * Reads small files only and runs libxlutil's parser; does not touch Xen. */
struct site *site_load(const struct site_source *source);
void site_free(struct site *site);

struct guest *site_find_guest(struct site *site, const char *name);

/* Adds an error "FILE:LINE: TOKEN: what was expected"; token may be NULL. */
__attribute__((format(printf, 4, 5))) void site_error(struct site *site, struct place place,
                                                      const char *token, const char *format, ...);

/* The same, for those with more to do about an error. */
__attribute__((format(printf, 4, 0))) void site_verror(struct site *site, struct place place,
                                                       const char *token, const char *format,
                                                       va_list args);

/* The same for what is taken as it is, but hardly meant so. */
__attribute__((format(printf, 4, 5))) void site_warning(struct site *site, struct place place,
                                                        const char *token, const char *format, ...);

/* Checks what the network's words say together, and leaves out what cannot be: an interface with
 * two uses, loops, an address twice. */
void site_check_network(struct site *site);

/* Checks what the cluster's words say together, with the guests and with the files of the site's
 * folder; sets site->cluster.state and what is known only then. Where the words cannot be acted on,
 * and for guests that no node may run, the guests are marked as broken. */
void site_check_cluster(struct site *site, const char *folder);
/* Checks that guests' disks in /dev/drbd are mirrors, and mirrors of this node. */
void site_check_drbd(struct site *site);

/* Adds a guest from malloc(), which is then the site's, and may be elsewhere. False, with an error,
 * if the name is taken or there is no room; the guest is then still the caller's. */
bool site_add_guest(struct site *site, struct place place, struct guest *guest);

/* Writes the configuration in canonical form, as `relevod -n` shows it, errors last. */
void site_print(const struct site *site, void (*line)(void *to, const char *text), void *to);
