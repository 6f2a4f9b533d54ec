/* The names and arguments of operations, for the scenario format. */
#pragma once
#include "sim/world.h"

enum op_arg { ARG_NONE, ARG_NODE, ARG_GUEST, ARG_MIRROR, ARG_NUMBER };

struct op_info {
    const char *name;
    enum op_arg a;
    enum op_arg b;
    enum op_arg c;
};

extern const struct op_info op_info[OP_KINDS];
