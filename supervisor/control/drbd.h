/* Mirrors on the control socket. */
#pragma once
#include <stdio.h>

#include "control/node.h"

/* The mirrors' document; see relevo(8). To be freed; NULL when out of memory. */
char *drbd_json(const struct node *node, size_t *size);

/* Answers "drbd" and "drbd VERB NAME [NODE]"; operands is what follows the first word, or NULL.
 *
 *   create|create-forced|seed|seed-blank|verify|resync|resize|resolve|connect|disconnect|attach|
 *   detach   {"ok":true, "text":"…", "ticket":17}: its status shows when the ticket is done
 *   confirm  {"ok":true, "text":"…"}
 *   fence    {"ok":true, "code":4}: the kernel's helper asks; 0: again */
char *drbd_request(struct node *node, char *operands, size_t *size);

/* relevo drbd …: argv[0] is "drbd". Returns the exit status, or -1 for one line of usage. */
int drbd_command(int argc, char **argv);

/* /usr/lib/relevo/drbd-helper: what the kernel calls. Its "fence-peer" asks relevod whether the
 * peer is known to be stale or dead, again and again for a while. */
int drbd_helper(int argc, char **argv);

/* Prints the document as a table, with bars where the terminal is one. -1 if it is not one. */
int drbd_print(FILE *to, const char *json);
