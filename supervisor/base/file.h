/* Small files, whole. For tmpfs, proc and the initramfs, where reading and writing do not block. */
#pragma once
#include <stddef.h>

#include "base/err.h"

/* Reads path into text, closed with a NUL: -1 if it cannot be read, holds a NUL, or has size bytes
 * or more. errno tells a missing file (ENOENT). */
int file_read(const char *path, char *text, size_t size, struct err *e);

/* The same for any bytes: how many there are, or -1. */
ptrdiff_t file_read_bytes(const char *path, void *data, size_t size, struct err *e);

/* Replaces path by text in one step: after a crash there is the old file or the new one. On the way
 * it is .NAME.new, which no record is called: nobody takes for one what a death leaves behind. */
int file_replace(const char *path, const char *text, struct err *e);
int file_replace_bytes(const char *path, const void *data, size_t size, struct err *e);
