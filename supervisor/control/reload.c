#include "control/reload.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "control/ssh.h"

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* A mistyped folder must not take the node's network away. */
static bool is_bundle(const char *folder)
{
    char conf[PATH_MAX], guests[PATH_MAX];
    snprintf(conf, sizeof conf, "%s/site.conf", folder);
    snprintf(guests, sizeof guests, "%s/guests", folder);
    return access(conf, F_OK) == 0 || is_folder(guests);
}

static bool is_site(const struct node *node, const char *folder)
{
    return folder == NULL || strcmp(folder, node->source.folder) == 0;
}

/* From now on the folder is the site, for guests' kernels, the SSH server and the next relevod too.
 * What was there stays below: a mount costs a few hundred bytes, and taking it off first would
 * show, for a moment, the bundle of the boot. */
static int take_over(const struct node *node, const char *folder, struct err *e)
{
    if (is_site(node, folder))
        return 0;
    return mount(folder, node->source.folder, NULL, MS_BIND, NULL) == 0
               ? 0
               : err_set(e, "%s: cannot be mounted on %s: %m", folder, node->source.folder);
}

static void give_back(const struct node *node, const char *folder)
{
    if (!is_site(node, folder) && umount2(node->source.folder, MNT_DETACH) != 0)
        log_err("%s: cannot be unmounted: %m", node->source.folder);
}

static struct site *read_again(const struct node *node, const char *folder, struct err *e)
{
    struct site_source source = node->source;
    if (node->guests->leaving) {
        err_set(e, "this node is going down");
        return NULL;
    }
    if (folder != NULL && !is_bundle(folder)) {
        err_set(e, "%s: expected a folder with site.conf or guests/", folder);
        return NULL;
    }
    source.folder = folder != NULL ? folder : source.folder;
    struct site *site = site_load(&source);
    if (site == NULL)
        err_set(e, "out of memory");
    return site;
}

/* Whether the node may take it: a slip must not cost a running node its network or its guests. */
static int judge(const struct node *node, const struct site *site, bool force, struct err *e)
{
    uint32_t errors = site->errors + site->errors_dropped;
    if (site->unread)
        return err_set(e, "not all of it can be read");
    if (errors > 0 && !force)
        return err_set(e, "it has %u error%s (--force would take it without those pieces)", errors,
                       errors > 1 ? "s" : "");
    return cluster_may_take(node->cluster, site, e);
}

static int take(struct node *node, const char *folder, struct site *site, struct err *e)
{
    if (take_over(node, folder, e) != 0)
        return -1;
    int result = node_take(node, site, e);
    if (result != 0)
        give_back(node, folder);
    return result;
}

int reload(struct node *node, const char *folder, bool force, struct site **site, struct err *said)
{
    struct err e;
    struct site *next = read_again(node, folder, &e);
    *site = next;
    if (next == NULL || judge(node, next, force, &e) != 0 || take(node, folder, next, &e) != 0) {
        err_set(said, "the new configuration is not taken: %.400s; the one before stays", e.text);
        log_err("%s", said->text);
        return -1;
    }
    log_notice("configuration read again%s%s", folder != NULL ? ", from " : "",
               folder != NULL ? folder : "");
    node_report(next);
    if (ssh_authorize(next, node->source.folder, &e) != 0)
        log_err("SSH: %s; who may log in stays as it was", e.text);
    err_set(said, "node %s: %u guests configured, %u errors", next->hostname, next->guests,
            next->errors + next->errors_dropped);
    return 0;
}
