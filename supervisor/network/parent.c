/* relevod's side of the network role. */
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/run_dir.h"
#include "network/role.h"

static bool was_told(const struct network_status *before, const struct network_piece *piece)
{
    for (uint32_t i = 0; i < before->pieces; i++)
        if (strcmp(before->piece[i].kind, piece->kind) == 0 &&
            strcmp(before->piece[i].name, piece->name) == 0 &&
            strcmp(before->piece[i].text, piece->text) == 0)
            return true;
    return false;
}

/* One line for each piece whose standing has changed. */
static void tell_changes(const struct network_status *before, const struct network_status *now)
{
    for (uint32_t i = 0; i < now->pieces; i++) {
        const struct network_piece *piece = &now->piece[i];
        if (!was_told(before, piece))
            log_line(piece->good ? LOG_NOTICE : LOG_WARNING, "network: %s %s: %s", piece->kind,
                     piece->name, piece->text);
    }
}

static bool on_message(void *owner, const void *data, size_t size)
{
    static struct network_status before;
    struct network *n = owner;
    before = n->view.status;
    if (!network_view_take(&n->view, data, size))
        return false;
    tell_changes(&before, &n->view.status);
    return true;
}

void network_init(struct network *n, qb_loop_t *loop)
{
    kept_init(&n->process, loop, "network", on_message, n);
}

/* Without anything to do, and nothing done before that could have to be undone. */
static bool is_idle(const struct network_config *c)
{
    char path[PATH_MAX];
    return c->ifnames + c->bonds + c->vlans + c->bridges + c->addresses + c->nameservers == 0 &&
           run_path(path, sizeof path, "network", NULL) == 0 && access(path, F_OK) != 0;
}

void network_take(struct network *n, const struct site *site)
{
    if (kept_begun(&n->process) || !is_idle(&site->network))
        kept_take(&n->process, &site->network, sizeof site->network);
}
