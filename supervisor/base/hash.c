#include "base/hash.h"

#include <string.h>

/* FNV-1a; the constants are its definition's (RFC draft-eastlake-fnv). */
uint64_t hash_mix(uint64_t h, const void *data, size_t size)
{
    const unsigned char *byte = data;
    for (size_t i = 0; i < size; i++)
        h = (h ^ byte[i]) * 0x100000001b3U;
    return h;
}

uint64_t hash_mix_number(uint64_t h, uint64_t number)
{
    return hash_mix(h, &number, sizeof number);
}

uint64_t hash_mix_text(uint64_t h, const char *text)
{
    return hash_mix(h, text, strlen(text) + 1);
}

uint64_t hash_text(const char *text, uint64_t salt)
{
    uint64_t h = hash_mix(0xcbf29ce484222325U ^ salt, text, strlen(text));
    h ^= h >> 33; /* FNV's upper bits depend little on the last letters: mix once more */
    h *= 0xff51afd7ed558ccdU;
    return h ^ h >> 33;
}
