/* One request: a verb and, for some, a guest or a folder. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "control/json.h"
#include "control/node.h"

/* The longest line with its newline: a verb and a path. */
#define REQUEST_MAX 1024

/* Carries out the request line (cut up in place) and makes the reply: a JSON document with a
 * newline, to be freed. NULL when out of memory.
 *
 *   status                     {"ok":true, "node":…, "guests":[…], …}
 *   network                    {"ok":true, "node":…, "network":[…], "vifs":[…]}
 *   multipath                  {"ok":true, "node":…, "multipath":[…]}
 *   rescan                     {"ok":true, "text":"looking for new LUNs, paths and sizes"}
 *   remove LUN [--paths]       {"ok":true, "text":"LUN web: removing; …"}
 *   add LUN                    {"ok":true, "text":"LUN web: looking for it"}
 *   attach GUEST DISK          {"ok":true, "text":"guest web1: attaching …"}
 *   detach GUEST VDEV          {"ok":true, "text":"guest web1: detaching xvdb"}
 *   cluster                    {"ok":true, "cluster":"site1", "nodes":[…], "guests":[…], …}
 *   move GUEST NODE, drain|undrain|confirm-down NODE, override MIRROR NODE [--lose-writes]
 *                              {"ok":true, "text":"node blade1: takes guests again"}
 *   start|stop|restart GUEST   {"ok":true, "text":"guest web1: starting"}
 *   reload [--force] [FOLDER]  {"ok":true, "text":…, "errors":[…], "warnings":[…]}
 *   anything else              {"ok":false, "error":"…"} */
char *request_answer(struct node *node, char *line, size_t *size);

/* Begins a document of the node's: "ok" and "node" are in it. -1 when out of memory. */
int document_begin(struct json *j, const struct node *node);

/* Members "errors", "warnings" and "errors_dropped". */
void errors_json(struct json *j, const struct site *site);

/* The status document; see relevo(8) for its fields. To be freed; NULL when out of memory. */
char *status_json(const struct node *node, size_t *size);
/* The same of what the network role has said. */
char *network_json(const struct node *node, size_t *size);
/* The same of what the multipath role has said. */
char *multipath_json(const struct node *node, size_t *size);

/* The cluster document; see relevo(8). To be freed; NULL when out of memory. */
char *cluster_document(const struct node *node, size_t *size);
/* If verb is one of the cluster's commands, carries it out: 0 and what happens now in said, or -1,
 * in *result. operands is cut up, or NULL. */
bool cluster_command(struct cluster *c, const char *verb, char *operands, struct err *said,
                     int *result);
