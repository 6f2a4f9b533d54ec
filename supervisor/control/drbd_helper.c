/* /usr/lib/relevo/drbd-helper COMMAND RESOURCE: what the kernel's DRBD calls. A promotion
 * waits for the answer to "fence-peer"; frozen writes are let go by the drbd role. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "control/ask.h"
#include "control/drbd.h"
#include "control/reply.h"

/* As long as a cluster may take to declare a node dead. */
#define ASK_MS   30000
#define AGAIN_MS 200

#define UNKNOWN 1

/* relevod's answer; 0: not yet. */
static int ask(const char *resource)
{
    char request[200];
    struct err e;
    snprintf(request, sizeof request, "drbd fence %.150s", resource);
    char *reply = control_ask(request, &e);
    yajl_val root = reply != NULL ? yajl_tree_parse(reply, NULL, 0) : NULL;
    int answer = root != NULL ? (int)reply_number(root, "code") : 0;
    yajl_tree_free(root);
    free(reply);
    return answer;
}

int drbd_helper(int argc, char **argv)
{
    if (argc < 3 || strcmp(argv[1], "fence-peer") != 0)
        return 0; /* told for information */
    uint64_t until = clock_ms() + ASK_MS;
    for (;;) {
        int answer = ask(argv[2]);
        if (answer != 0)
            return answer;
        if (clock_ms() >= until)
            return UNKNOWN;
        usleep(AGAIN_MS * 1000);
    }
}
