#include "control/request.h"

#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_gen.h>

#include "control/json.h"

static char *outcome(bool ok, const char *text, size_t *size)
{
    struct json j;
    if (json_begin(&j) != 0)
        return NULL;
    json_open(&j, NULL);
    json_bool(&j, "ok", ok);
    json_text(&j, ok ? "text" : "error", text);
    json_close(&j);
    return json_end(&j, size);
}

char *request_answer(struct node *node, char *line, size_t *size)
{
    static const struct {
        const char *word;
        enum guest_verb verb;
    } verbs[] = {{"start", VERB_START}, {"stop", VERB_STOP}, {"restart", VERB_RESTART}};
    char *rest = line;
    const char *verb = strsep(&rest, " ");
    if (strcmp(verb, "status") == 0 && rest == NULL)
        return status_json(node, size);
    if (strcmp(verb, "network") == 0 && rest == NULL)
        return network_json(node, size);
    if (strcmp(verb, "multipath") == 0 && rest == NULL)
        return multipath_json(node, size);
    if (strcmp(verb, "rescan") == 0 && rest == NULL) {
        struct err said;
        bool ok = multipath_rescan(node->multipath, &said) == 0;
        return outcome(ok, said.text, size);
    }
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(verb, verbs[i].word) != 0)
            continue;
        struct err said;
        if (rest == NULL || !guest_name_ok(rest))
            return outcome(false, "expected the name of a guest", size);
        bool ok = guests_command(node->guests, verbs[i].verb, rest, &said) == 0;
        return outcome(ok, said.text, size);
    }
    return outcome(
        false,
        "expected status, network, multipath, rescan, start GUEST, stop GUEST or restart GUEST",
        size);
}
