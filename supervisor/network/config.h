#pragma once
#include <stddef.h>

#include "config/network.h"

/* Whether a message of size bytes is a sane configuration. */
bool network_config_ok(const void *data, size_t size);
