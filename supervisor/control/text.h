/* Replies as a person reads them. */
#pragma once
#include <stdio.h>

/* Prints a status reply in at most 80 columns (long error lines aside). -1 if it is not one. */
int status_print(FILE *to, const char *json);

/* Prints a network reply: bonds, VLANs, bridges, addresses, then what guests' filters dropped. */
int network_print(FILE *to, const char *json);
/* Prints a multipath reply, as `multipath -ll` does. -1 if it is not one. */
int multipath_print(FILE *to, const char *json);
/* Prints a cluster reply. -1 if it is not one. */
int cluster_print(FILE *to, const char *json);
