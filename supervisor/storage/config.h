#pragma once
#include <stddef.h>

#include "config/multipath.h"

/* Bytes of a configuration with that many maps: what is sent. */
size_t multipath_config_size(uint32_t maps);

/* Whether a message of size bytes is a sane configuration. */
bool multipath_config_ok(const void *data, size_t size);
