/* relevod's side of the network role. */
#include <string.h>

#include "base/log.h"
#include "network/role.h"

/* One line for each piece whose standing has changed. */
static void tell_changes(const struct network_status *before, const struct network_status *now)
{
    for (uint32_t i = 0; i < now->pieces; i++) {
        const struct network_piece *piece = &now->piece[i];
        bool same = i < before->pieces && strcmp(before->piece[i].text, piece->text) == 0;
        if (!same)
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

void network_begin(struct network *n, qb_loop_t *loop, const struct network_config *config)
{
    *n = (struct network){.process = {.loop = loop,
                                      .role = "network",
                                      .config = config,
                                      .config_size = sizeof *config,
                                      .message = on_message,
                                      .owner = n}};
    if (config->ifnames + config->bonds + config->vlans + config->bridges + config->addresses +
            config->nameservers >
        0)
        kept_begin(&n->process);
}
