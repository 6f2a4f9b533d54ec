/* The cluster document, and what operators ask of the cluster. */
#include "cluster/cluster.h"

#include <string.h>

#include "control/request.h"

char *cluster_document(const struct node *node, size_t *size)
{
    struct json j;
    if (document_begin(&j, node) != 0)
        return NULL;
    cluster_json(node->cluster, &j);
    json_close(&j);
    return json_end(&j, size);
}

/* "MIRROR NODE [--lose-writes]" */
static int override(struct cluster *c, const char *mirror, char *rest, struct err *said)
{
    const char *node = strsep(&rest, " ");
    bool sure = rest != NULL && strcmp(rest, "--lose-writes") == 0;
    if (mirror == NULL || node == NULL || (rest != NULL && !sure))
        return err_set(said, "expected the names of a mirror and of a node");
    return cluster_override(c, mirror, node, sure, said);
}

bool cluster_command(struct cluster *c, const char *verb, char *operands, struct err *said,
                     int *result)
{
    char *second = operands;
    char *first = strsep(&second, " ");
    bool one = first != NULL && first[0] != '\0' && second == NULL;
    if (strcmp(verb, "move") == 0)
        *result = first != NULL && second != NULL
                      ? cluster_move(c, first, second, said)
                      : err_set(said, "expected the names of a guest and of a node");
    else if (strcmp(verb, "override") == 0)
        *result = override(c, first, second, said);
    else if (strcmp(verb, "drain") == 0 || strcmp(verb, "undrain") == 0)
        *result = one ? cluster_drain(c, first, verb[0] == 'd', said)
                      : err_set(said, "expected the name of a node");
    else if (strcmp(verb, "confirm-down") == 0)
        *result = one ? cluster_confirm_down(c, first, said)
                      : err_set(said, "expected the name of a node");
    else
        return false;
    return true;
}
