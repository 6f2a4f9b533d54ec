/* Any line as a request on the control socket, and any text as a reply to the relevo command. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "control/drbd.h"
#include "control/request.h"
#include "control/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static FILE *nowhere;

static void ask(struct node *node, const uint8_t *data, size_t size)
{
    size_t reply_size;
    char *line = strndup((const char *)data, size);
    char *reply = line != NULL ? request_answer(node, line, &reply_size) : NULL;
    if (reply != NULL && strlen(reply) != reply_size)
        abort();
    if (reply != NULL && status_print(nowhere, reply) == 0)
        drbd_print(nowhere, reply);
    free(reply);
    free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct site site = {.hostname = "n1"};
    /* Going down: what a reload would read is no business of this. */
    static struct guests guests = {.site = &site, .leaving = true};
    static struct network network;
    static struct multipath multipath = {.site = &site};
    static struct drbd drbd = {.site = &site};
    static struct node node = {.site = &site,
                               .guests = &guests,
                               .network = &network,
                               .multipath = &multipath,
                               .drbd = &drbd};
    if (node.cluster == NULL)
        node.cluster = cluster_new(NULL, &(struct cluster_parts){&guests, &multipath, &drbd}, "");
    if (nowhere == NULL)
        nowhere = fopen("/dev/null", "w");
    ask(&node, data, size);
    char *text = strndup((const char *)data, size);
    if (text != NULL)
        status_print(nowhere, text);
    if (text != NULL)
        cluster_print(nowhere, text);
    free(text);
    return 0;
}
