#include "base/hash.h"

/* FNV-1a; the constants are its definition's (RFC draft-eastlake-fnv). */
uint64_t hash_text(const char *text, uint64_t salt)
{
    uint64_t h = 0xcbf29ce484222325U ^ salt;
    for (; *text != '\0'; text++)
        h = (h ^ (unsigned char)*text) * 0x100000001b3U;
    h ^= h >> 33; /* FNV's upper bits depend little on the last letters: mix once more */
    h *= 0xff51afd7ed558ccdU;
    return h ^ h >> 33;
}
