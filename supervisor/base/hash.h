/* Numbers from names, the same on every node and in every version. Not for secrets. */
#pragma once
#include <stdint.h>

/* Different salts make unrelated numbers of one text. */
uint64_t hash_text(const char *text, uint64_t salt);
