/* relevo drbd … */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "control/ask.h"
#include "control/drbd.h"
#include "control/reply.h"

enum { DONE = 0, REFUSED = 1, USAGE = -1, NO_ANSWER = 3 };

/* An order waits for a worker, and that for disks and the peer: its own deadline is a minute. */
#define ORDER_MS 70000
#define LOOK_MS  200

static char *ask(const char *request)
{
    struct err e;
    char *reply = control_ask(request, &e);
    if (reply == NULL)
        fprintf(stderr, "relevo: relevod does not answer: %s\n", e.text);
    return reply;
}

/* The mirror in the document; NULL where it is none, or has none of the name. */
static yajl_val find(yajl_val root, const char *name)
{
    yajl_val *mirror;
    size_t n = root != NULL ? reply_list(root, "drbd", &mirror) : 0;
    for (size_t i = 0; i < n; i++)
        if (strcmp(reply_text(mirror[i], "name"), name) == 0)
            return mirror[i];
    return NULL;
}

/* 1: it is not done yet. */
static int look(const char *name, long long ticket)
{
    char *reply = ask("drbd");
    yajl_val root = reply != NULL ? yajl_tree_parse(reply, NULL, 0) : NULL;
    yajl_val mirror = find(root, name);
    int result = reply == NULL ? NO_ANSWER : -1;
    if (mirror != NULL && reply_number(mirror, "ticket") >= ticket) {
        const char *refused = reply_text(mirror, "refused");
        result = refused[0] == '\0' ? DONE : REFUSED;
        if (result == DONE)
            printf("mirror %s: done\n", name);
        else
            fprintf(stderr, "relevo: %s\n", refused);
    }
    yajl_tree_free(root);
    free(reply);
    return result;
}

static int wait_for(const char *name, long long ticket)
{
    uint64_t until = clock_ms() + ORDER_MS;
    while (clock_ms() < until) {
        int result = look(name, ticket);
        if (result >= 0)
            return result;
        usleep(LOOK_MS * 1000);
    }
    fprintf(stderr, "relevo: mirror %s: not done within %d s; relevo log tells more\n", name,
            ORDER_MS / 1000);
    return NO_ANSWER;
}

static int order(const char *verb, const char *name, const char *node)
{
    char request[256];
    snprintf(request, sizeof request, "drbd %s %.60s%s%.80s", verb, name, node != NULL ? " " : "",
             node != NULL ? node : "");
    char *reply = ask(request);
    if (reply == NULL)
        return NO_ANSWER;
    yajl_val root = yajl_tree_parse(reply, NULL, 0);
    bool ok = root != NULL && reply_yes(root, "ok");
    const char *said = root != NULL ? reply_text(root, ok ? "text" : "error") : "not understood";
    long long ticket = ok ? reply_number(root, "ticket") : 0;
    if (!ok)
        fprintf(stderr, "relevo: %s\n", said);
    else if (ticket == 0)
        puts(said);
    yajl_tree_free(root);
    free(reply);
    return ticket != 0 ? wait_for(name, ticket) : (ok ? DONE : REFUSED);
}

/* What there is to know before data is given up. */
static int show_sides(const char *name)
{
    static const char *const generation[] = {"current", "bitmap", "history", "history"};
    char *reply = ask("drbd");
    yajl_val root = reply != NULL ? yajl_tree_parse(reply, NULL, 0) : NULL, *uuid;
    yajl_val m = find(root, name);
    int result = reply == NULL ? NO_ANSWER : (m != NULL ? DONE : REFUSED);
    if (m != NULL) {
        printf("mirror %s on %s: %s, %s, disk %s, %s\n", name, reply_text(root, "node"),
               reply_text(m, "condition"), reply_text(m, "role"), reply_text(m, "disk"),
               reply_yes(m, "was_primary") ? "written to here last" : "not written to here last");
        printf("    %lld KiB may differ from what %s has\n",
               reply_number(m, "out_of_sync_bytes") / 1024, reply_text(m, "peer"));
        size_t n = reply_list(m, "generations", &uuid);
        for (size_t i = 0; i < n && i < 4; i++)
            printf("    generation %-8s %s\n", generation[i], YAJL_GET_STRING(uuid[i]));
        printf("Look at the other side, too. Then, on both nodes:\n"
               "    relevo drbd resolve %s --discard NODE    gives up what only NODE has\n",
               name);
    } else if (reply != NULL) {
        fprintf(stderr, "relevo: this node has no mirror %s\n", name);
    }
    yajl_tree_free(root);
    free(reply);
    return result;
}

/* The document; where a sync runs, with its numbers as they are now. */
static char *ask_fresh(void)
{
    char *reply = ask("drbd");
    yajl_val root = reply != NULL ? yajl_tree_parse(reply, NULL, 0) : NULL;
    bool again = root != NULL && reply_yes(root, "refreshing");
    yajl_tree_free(root);
    if (!again)
        return reply;
    free(reply);
    usleep(LOOK_MS * 1000);
    return ask("drbd");
}

static int show(bool json)
{
    char *reply = ask_fresh();
    if (reply == NULL)
        return NO_ANSWER;
    int result = DONE;
    if (json)
        fputs(reply, stdout);
    else if (drbd_print(stdout, reply) != 0)
        result = REFUSED;
    free(reply);
    return result;
}

/* How the verbs are written, and what they are on the socket. */
static const struct form {
    const char *verb;
    const char *flag;    /* NULL: none */
    bool value;          /* it has one */
    const char *request; /* NULL: shows what there is to know */
} forms[] = {
    {"create", NULL, false, "create"},         {"create", "--force", true, "create-forced"},
    {"seed", "--from", true, "seed"},          {"seed", "--blank", false, "seed-blank"},
    {"verify", NULL, false, "verify"},         {"resync", NULL, false, "resync"},
    {"resize", NULL, false, "resize"},         {"resolve", NULL, false, NULL},
    {"resolve", "--discard", true, "resolve"}, {"connect", NULL, false, "connect"},
    {"disconnect", NULL, false, "disconnect"}, {"attach", NULL, false, "attach"},
    {"detach", NULL, false, "detach"},         {"confirm", "--peer-down", false, "confirm"},
};

int drbd_command(int argc, char **argv)
{
    if (argc == 1 || (argc == 2 && strcmp(argv[1], "--json") == 0))
        return show(argc == 2);
    if (argc < 3)
        return USAGE;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        const struct form *f = &forms[i];
        int words = 3 + (f->flag != NULL) + f->value;
        if (strcmp(argv[1], f->verb) != 0 || argc != words ||
            (f->flag != NULL && strcmp(argv[3], f->flag) != 0))
            continue;
        if (f->request == NULL)
            return show_sides(argv[2]);
        if (strcmp(f->request, "create-forced") != 0)
            return order(f->request, argv[2], f->value ? argv[4] : NULL);
        if (strcmp(argv[4], argv[2]) == 0)
            return order(f->request, argv[2], NULL);
        fprintf(stderr, "relevo: expected the mirror's name after --force, too: %s\n", argv[2]);
        return REFUSED;
    }
    return USAGE;
}
