/* The devices: a program of the site, or a BMC by ipmitool. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/program.h"
#include "cluster/fence.h"

#define IPMITOOL "/usr/bin/ipmitool"
/* One run of a program. ipmitool gives up by itself before that: -N and -R. */
#define RUN_MS 15000
/* Between two questions whether it is off. */
#define ASK_AGAIN_MS 500

int fence_order(struct fence_order *order, const struct cluster_node *node, const char *folder)
{
    *order = (struct fence_order){.by = node->fence};
    snprintf(order->node, sizeof order->node, "%s", node->name);
    size_t n = 0;
    if (node->fence.kind == FENCE_EXEC)
        n = (size_t)snprintf(order->by.target, sizeof order->by.target, "%s/%s", folder,
                             node->fence.target);
    if (n < sizeof order->by.target)
        n = (size_t)snprintf(order->password_file, sizeof order->password_file,
                             "%s/" CLUSTER_PASSWORD_FILE, folder);
    return node->fence.kind != FENCE_NONE && n < sizeof order->password_file ? 0 : -1;
}

/* The program's verb as the device knows it: "off" or "status". */
static int ask(const struct fence_order *order, const char *verb, char *text, size_t size,
               struct err *e)
{
    struct fence_order o = *order; /* argv is not const */
    char ipmitool[] = IPMITOOL, interface[] = "-I", lanplus[] = "lanplus", host[] = "-H",
         user[] = "-U", file[] = "-f", wait[] = "-N", second[] = "1", tries[] = "-R", four[] = "4",
         suite[] = "-C", chassis[] = "chassis", power[] = "power", verb_copy[16], cipher[8];
    snprintf(verb_copy, sizeof verb_copy, "%s", verb);
    snprintf(cipher, sizeof cipher, "%u", o.by.cipher);
    char *program[] = {o.by.target, o.node, verb_copy, NULL};
    char *bmc[20] = {ipmitool, interface,       lanplus, host,   o.by.target, user, o.by.user,
                     file,     o.password_file, wait,    second, tries,       four};
    int n = 13;
    if (o.by.cipher != 0) {
        bmc[n++] = suite;
        bmc[n++] = cipher;
    }
    bmc[n++] = chassis;
    bmc[n++] = power;
    bmc[n] = verb_copy;
    return program_ask(o.by.kind == FENCE_EXEC ? program : bmc, RUN_MS, text, size, e);
}

int fence_is_off(const struct fence_order *order, bool *off, struct err *e)
{
    char text[256];
    int status = ask(order, "status", text, sizeof text, e);
    if (status < 0)
        return -1;
    if (order->by.kind == FENCE_EXEC) {
        *off = status == 0;
        return status <= 1 ? 0
                           : err_set(e, "%s ended with status %d: %s", order->by.target, status,
                                     text[0] != '\0' ? text : "said nothing");
    }
    *off = status == 0 && strstr(text, "Chassis Power is off") != NULL;
    if (*off || (status == 0 && strstr(text, "Chassis Power is on") != NULL))
        return 0;
    return err_set(e, "BMC %s: %s", order->by.target, text[0] != '\0' ? text : "said nothing");
}

int fence_off(const struct fence_order *order, struct err *e)
{
    static const struct timespec again = {.tv_nsec = ASK_AGAIN_MS * 1000000L};
    uint64_t until = clock_ms() + FENCE_MS - 2ULL * RUN_MS;
    struct err why;
    char text[256];
    bool off = false;
    int status = ask(order, "off", text, sizeof text, &why);
    for (;;) {
        int asked = fence_is_off(order, &off, e);
        if (asked == 0 && off)
            return 0;
        if (clock_ms() >= until)
            return asked != 0 ? -1
                              : err_set(e, "still on after \"off\", which %s: %s",
                                        status == 0 ? "was accepted" : "failed",
                                        status < 0        ? why.text
                                        : text[0] != '\0' ? text
                                                          : "nothing said");
        nanosleep(&again, NULL);
    }
}
