/* Messages and memory from anywhere: refused, or read and written again to the same bytes. The
 * checksum is put right first, or nothing would get past it. */
#include <stdlib.h>
#include <string.h>

#include "core/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t again[CODEC_MEMORY_MAX];
static struct message message;
static struct ledger value;
static struct memory memory;

static void put_right(uint8_t *bytes, size_t size)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < size - 4; i++) {
        crc ^= bytes[i];
        for (int k = 0; k < 8; k++)
            crc = crc >> 1 ^ (UINT32_C(0xEDB88320) & (0u - (crc & 1)));
    }
    crc = ~crc;
    for (unsigned i = 0; i < 4; i++)
        bytes[size - 4 + i] = (uint8_t)(crc >> 8 * i);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t head[] = {'R', 'L', 'V', 'O', CODEC_VERSION, 0};
    static uint8_t bytes[CODEC_MEMORY_MAX];
    if (size < 16 || size > sizeof(bytes))
        return 0;
    memcpy(bytes, data, size);
    memcpy(bytes, head, sizeof(head));
    bytes[6] = 1 + data[6] % 2; /* a message, or a memory */
    bytes[7] = 0;
    size_t length = size - 16;
    for (unsigned i = 0; i < 4; i++)
        bytes[8 + i] = (uint8_t)(length >> 8 * i);
    put_right(bytes, size);
    size_t n = size;
    if (bytes[6] == 2 && codec_decode_memory(bytes, size, &memory) == NULL)
        n = codec_encode_memory(&memory, again, sizeof(again));
    else if (bytes[6] == 1 && codec_decode_message(bytes, size, &message, &value) == NULL)
        n = codec_encode_message(&message, again, sizeof(again));
    else
        return 0;
    if (n != size || memcmp(again, bytes, size) != 0)
        abort();
    return 0;
}
