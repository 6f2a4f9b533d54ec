/* Public keys that may log in by SSH: "TYPE BASE64 [NAME]", a line of authorized_keys without its
 * options. */
#pragma once
#include <stdbool.h>

/* Whether the text is a key of a type that dropbear takes, whole: its base64 says the same type and
 * ends where it should. */
bool ssh_key_ok(const char *text);
