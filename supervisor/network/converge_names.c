/* ifname=: who has which name, by its address. */
#include <string.h>

#include "base/log.h"
#include "network/pass.h"

struct named {
    const struct network_config *config;
    struct {
        int index;
        bool up;
        char name[SITE_IFACE_SIZE];
    } found[SITE_IFNAMES_MAX];
};

static void find_by_mac(const struct link_state *link, void *data)
{
    struct named *named = data;
    for (uint32_t i = 0; i < named->config->ifnames && link->kind == LINK_OTHER; i++)
        if (memcmp(link->permanent_mac, named->config->ifname[i].mac, 6) == 0) {
            named->found[i].index = link->index;
            named->found[i].up = link->up;
            memcpy(named->found[i].name, link->name, sizeof link->name);
        }
}

/* Whoever has the name and is not meant gets the next free ethN, and its own name in its turn. */
static int make_room(struct pass *p, const char *name, struct err *e)
{
    struct link_state holder;
    if (link_look(p->sock, name, &holder, e) != 0)
        return -1;
    if (!holder.exists)
        return 0;
    if (holder.kind != LINK_OTHER)
        return err_set(e, "the name belongs to an interface of another kind");
    if (holder.up && link_set_down(p->sock, name, e) != 0)
        return -1;
    return link_rename(p->sock, holder.index, "eth%d", e);
}

static int give_name(struct pass *p, const struct site_ifname *rule, int index, bool up,
                     const char *before, struct err *e)
{
    struct link_state now;
    if (make_room(p, rule->name, e) != 0 || (up && link_set_down(p->sock, before, e) != 0) ||
        link_rename(p->sock, index, rule->name, e) != 0)
        return -1;
    log_notice("%s: was %s", rule->name, before);
    return link_look(p->sock, rule->name, &now, e) != 0 ? -1
           : up                                         ? link_set_up(p->sock, rule->name, e)
                                                        : 0;
}

void converge_name(struct pass *p, uint32_t i)
{
    const struct site_ifname *rule = &p->state->config.ifname[i];
    static struct named named; /* the names move with each rule: looked up afresh */
    struct err e;
    named = (struct named){.config = &p->state->config};
    pass_piece(p, "ifname", rule->name);
    if (link_for_each(p->sock, find_by_mac, &named, &e) != 0)
        pass_failed(p, &e);
    else if (named.found[i].index == 0)
        pass_say(p, false, "no interface has its address yet");
    else if (strcmp(named.found[i].name, rule->name) != 0 &&
             give_name(p, rule, named.found[i].index, named.found[i].up, named.found[i].name, &e) !=
                 0)
        pass_failed(p, &e);
    else
        pass_say(p, true, "has its name");
}
