/* The control socket: one request line in, one JSON document out, for root only. */
#pragma once
#include <qb/qbloop.h>

#include "base/err.h"
#include "control/node.h"

#define CONTROL_CLIENTS_MAX 16
#define CONTROL_TIMEOUT_MS  5000 /* for a request to come in, and for its reply to be read */

struct control;

/* Listens on RUN_DIR/control. NULL on failure. Neither listening nor answering blocks. */
struct control *control_open(qb_loop_t *loop, struct node *node, struct err *e);
