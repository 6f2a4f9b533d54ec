#include "network/converge.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "network/pass.h"

void pass_piece(struct pass *p, const char *kind, const char *name)
{
    p->piece = &p->status->piece[p->status->pieces++];
    snprintf(p->piece->kind, sizeof p->piece->kind, "%s", kind);
    snprintf(p->piece->name, sizeof p->piece->name, "%s", name);
}

void pass_say(struct pass *p, bool good, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(p->piece->text, sizeof p->piece->text, format, args);
    va_end(args);
    p->piece->good = good;
}

void pass_add(struct pass *p, bool good, const char *format, ...)
{
    char *text = p->piece->text;
    size_t used = strlen(text), size = sizeof p->piece->text;
    bool first = used == 0 || text[used - 1] == ' ';
    used += (size_t)snprintf(text + used, size - used, "%s", first ? "" : ", ");
    if (used >= size)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(text + used, size - used, format, args);
    va_end(args);
    p->piece->good = p->piece->good && good;
}

void pass_failed(struct pass *p, const struct err *e)
{
    pass_say(p, false, "%.120s", e->text);
    p->failures++;
}

int network_converge(struct network_state *state, struct nl_sock *sock,
                     struct network_status *status)
{
    struct pass p = {.state = state, .sock = sock, .status = status};
    struct err e;
    *status = (struct network_status){.type = NETWORK_STATUS};
    if (link_set_up(sock, "lo", &e) != 0)
        log_err("%s", e.text);
    converge_links(&p);
    converge_addresses(&p);
    return p.failures;
}
