#include "control/request.h"

#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_gen.h>

#include "control/drbd.h"
#include "control/json.h"
#include "control/reload.h"

/* site may be NULL: its errors, as read. */
static char *outcome_with(bool ok, const char *text, const struct site *site, size_t *size)
{
    struct json j;
    if (json_begin_outcome(&j, ok, text) != 0)
        return NULL;
    if (site != NULL)
        errors_json(&j, site);
    json_close(&j);
    return json_end(&j, size);
}

static char *outcome(bool ok, const char *text, size_t *size)
{
    return outcome_with(ok, text, NULL, size);
}

/* "[--force] [FOLDER]" */
static char *answer_reload(struct node *node, char *operands, size_t *size)
{
    struct site *site;
    struct err said;
    static const char flag[] = "--force";
    size_t length = strlen(flag);
    char *folder = operands;
    bool force = folder != NULL && strncmp(folder, flag, length) == 0;
    if (force)
        folder = folder[length] == ' ' ? folder + length + 1 : NULL;
    if (folder != NULL && folder[0] != '/')
        return outcome(false, "expected the path of a folder, from the root", size);
    bool ok = reload(node, folder, force, &site, &said) == 0;
    char *reply = outcome_with(ok, said.text, site, size);
    if (!ok)
        site_free(site);
    return reply;
}

/* "remove ALIAS [--paths]", "add ALIAS" */
static char *answer_lun(struct node *node, const char *verb, char *operands, size_t *size)
{
    struct err said;
    const char *alias = strsep(&operands, " ");
    bool remove = strcmp(verb, "remove") == 0;
    bool paths = remove && operands != NULL && strcmp(operands, "--paths") == 0;
    if (alias == NULL || (operands != NULL && !paths))
        return outcome(false, "expected the alias of a LUN", size);
    int result = remove ? multipath_remove(node->multipath, alias, paths,
                                           guests_user_of_lun(node->guests, alias), &said)
                        : multipath_add(node->multipath, alias, &said);
    return outcome(result == 0, said.text, size);
}

/* "attach GUEST DISK", "detach GUEST VDEV" */
static char *answer_disk(struct node *node, const char *verb, char *operands, size_t *size)
{
    struct err said;
    bool attach = strcmp(verb, "attach") == 0;
    const char *guest = strsep(&operands, " ");
    if (guest == NULL || operands == NULL || !guest_name_ok(guest))
        return outcome(false, "expected the name of a guest and a disk", size);
    int result = attach ? guests_attach(node->guests, guest, operands, &said)
                        : guests_detach(node->guests, guest, operands, &said);
    return outcome(result == 0, said.text, size);
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
    if (strcmp(verb, "remove") == 0 || strcmp(verb, "add") == 0)
        return answer_lun(node, verb, rest, size);
    if (strcmp(verb, "drbd") == 0)
        return drbd_request(node, rest, size);
    if (strcmp(verb, "attach") == 0 || strcmp(verb, "detach") == 0)
        return answer_disk(node, verb, rest, size);
    if (strcmp(verb, "reload") == 0)
        return answer_reload(node, rest, size);
    struct err said;
    int result;
    if (strcmp(verb, "cluster") == 0 && rest == NULL)
        return cluster_document(node, size);
    if (cluster_command(node->cluster, verb, rest, &said, &result))
        return outcome(result == 0, said.text, size);
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(verb, verbs[i].word) != 0)
            continue;
        if (rest == NULL || !guest_name_ok(rest))
            return outcome(false, "expected the name of a guest", size);
        /* A start or a stop is for the whole cluster, a restart for who runs the guest. */
        if (cluster_decides(node->cluster) && verbs[i].verb != VERB_RESTART)
            result = cluster_run(node->cluster, rest, verbs[i].verb == VERB_START, &said);
        else
            result = guests_command(node->guests, verbs[i].verb, rest, &said);
        return outcome(result == 0, said.text, size);
    }
    return outcome(false,
                   "expected status, network, multipath, rescan, remove LUN [--paths], add LUN, "
                   "drbd [VERB MIRROR [NODE]], attach GUEST DISK, detach GUEST VDEV, "
                   "reload [--force] [FOLDER], start GUEST, stop GUEST, restart GUEST, cluster, "
                   "move GUEST NODE, drain NODE, undrain NODE, confirm-down NODE or "
                   "override MIRROR NODE [--lose-writes]",
                   size);
}
