/* What relevod and a fence worker say to each other: an order, and this reply. */
#pragma once
#include "cluster/fence.h"

struct fence_reply {
    int32_t result; /* 0: confirmed off; -1 and */
    struct err error;
};

bool fence_order_ok(const void *data, size_t size);
bool fence_reply_ok(const void *data, size_t size);
