/* Messages and the memory as bytes: versioned, with their length and a checksum. What is cut,
 * longer, damaged, of another version or out of range is refused as a whole, with the reason. */
#pragma once
#include "core/node.h"

#define CODEC_VERSION     2
#define CODEC_MESSAGE_MAX 16384 /* holds a message with a full ledger */
#define CODEC_MEMORY_MAX  20480 /* and a full memory */

/* Both return the number of bytes, or 0 if they do not fit (they do fit in the above). */
size_t codec_encode_message(const struct message *m, uint8_t *buf, size_t size);
size_t codec_encode_memory(const struct memory *m, uint8_t *buf, size_t size);

/* Both return NULL, or why the bytes were refused; m is then all zero. value is where the
 * message's value goes, if it has one: m->value then points there. */
const char *codec_decode_message(const uint8_t *buf, size_t size, struct message *m,
                                 struct ledger *value);
const char *codec_decode_memory(const uint8_t *buf, size_t size, struct memory *m);
