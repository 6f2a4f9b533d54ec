#include "network/status.h"

#include <string.h>

bool network_status_ok(const void *data, size_t size)
{
    const struct network_status *s = data;
    if (size != sizeof *s || s->type != NETWORK_STATUS || s->pieces > NETWORK_PIECES_MAX)
        return false;
    for (uint32_t i = 0; i < s->pieces; i++)
        if (memchr(s->piece[i].kind, '\0', sizeof s->piece[i].kind) == NULL ||
            memchr(s->piece[i].name, '\0', sizeof s->piece[i].name) == NULL ||
            memchr(s->piece[i].text, '\0', sizeof s->piece[i].text) == NULL)
            return false;
    return true;
}
