/* Reading the configuration again while the node runs. */
#pragma once
#include "control/node.h"

/* Reads the node's configuration again, from folder if it is not NULL: that is then mounted over
 * the site's folder. One with errors is taken only by force, without the pieces that are wrong; one
 * of which a file could not be read never. *site is what was read, with its errors, or NULL; it is
 * the node's if 0 is returned, else nothing has changed, said tells why, and it is to be freed.
 * Reads files, of which relevo_command() has seen that they are in memory. */
int reload(struct node *node, const char *folder, bool force, struct site **site, struct err *said);
