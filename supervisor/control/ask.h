/* Asking relevod, for programs of their own: waits for the answer. */
#pragma once
#include "base/err.h"

/* Sends one request; the reply, to be freed, or NULL. */
char *control_ask(const char *request, struct err *e);
