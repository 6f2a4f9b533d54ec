/* CRC-32 as in IEEE 802.3, for data of a few KiB. Not named as zlib's, which libxenguest brings. */
#pragma once
#include <stddef.h>
#include <stdint.h>

uint32_t crc32_of(const uint8_t *data, size_t size);
