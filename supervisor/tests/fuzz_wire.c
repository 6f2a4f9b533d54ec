/* Any bytes as a message between relevod and its transport, and as what the network brought. */
#include <stdlib.h>
#include <string.h>

#include "cluster/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct ledger value;
    static struct message m;
    struct wire_packet *p = malloc(size + sizeof *p);
    if (p == NULL)
        return 0;
    memcpy(p, data, size);
    for (enum wire_type type = WIRE_CONFIG; type <= WIRE_VIEW; type++)
        if (wire_ok(p, size, type) && type == WIRE_HEARD)
            codec_decode_message(p->data, size - wire_packet_size(0), &m, &value);
    free(p);
    return 0;
}
