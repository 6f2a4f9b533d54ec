/* The status document as a person reads it. */
#pragma once
#include <stdio.h>

/* Prints a status reply in at most 80 columns (long error lines aside). -1 if it is not one. */
int status_print(FILE *to, const char *json);
