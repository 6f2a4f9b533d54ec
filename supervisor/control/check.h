/* relevo check, relevod -n: the configuration without a node. */
#pragma once
#include "config/site.h"

/* Prints the canonical form and the errors of what source names. 0 without errors, else -1. */
int check_source(const struct site_source *source);

/* Checks a site folder for one hostname, or for every home that its guests name (NULL). */
int check_folder(const char *folder, const char *hostname);
