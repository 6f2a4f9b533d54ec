/* What a guest wrote last to its console, for the log: why its kernel died is said nowhere else,
 * and its console goes with its domain. */
#pragma once
#include <stddef.h>

/* Logs the text (size bytes, as the guest wrote them; changed by this) line by line, as `guest
 * NAME: console: LINE`. Bytes that could trick a terminal or a log's reader become dots, empty
 * lines are left out. It goes to the log, not to the host's console. */
void last_words_log(const char *name, char *text, size_t size);
