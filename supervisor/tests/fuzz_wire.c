/* Any bytes as a message between relevod and its transport, and as what the network brought: a
 * message of core/, or what a node says of its site. */
#include <stdlib.h>
#include <string.h>

#include "cluster/card.h"
#include "cluster/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_card(const uint8_t *data, size_t size)
{
    static struct card card, mine;
    static struct site site;
    char text[CARD_TEXT_SIZE];
    if (size > sizeof card)
        return;
    memcpy(&card, data, size);
    if (!card_ok(&card, size))
        return;
    card_fill(&mine, &site, card.cluster, "1");
    card_compare(&mine, &card, &site, text);
    card_has_guest(&card, 1);
}

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
    fuzz_card(data, size);
    return 0;
}
