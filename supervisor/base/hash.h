/* Numbers from names and bytes, the same on every node and in every version. Not for secrets. */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* Different salts make unrelated numbers of one text. */
uint64_t hash_text(const char *text, uint64_t salt);

/* Takes size bytes more into a number, which may come from hash_text(). */
uint64_t hash_mix(uint64_t hash, const void *data, size_t size);
uint64_t hash_mix_number(uint64_t hash, uint64_t number);
/* With its NUL, so that "a", "bc" is not "ab", "c". */
uint64_t hash_mix_text(uint64_t hash, const char *text);
