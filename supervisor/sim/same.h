/* Field by field comparison, for what has been through the codec. Returns the name of the first
 * field that differs, or NULL. */
#pragma once
#include "core/node.h"

const char *same_message(const struct message *a, const struct message *b);
const char *same_memory(const struct memory *a, const struct memory *b);
