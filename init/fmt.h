/* A printf for PID 1: few conversions, no allocation, no locks, safe in a signal handler.
 * Knows %s %c %d %u %x %% with 'l', and zero-padded widths ("%06ld"). A NULL string is "(null)". */
#pragma once
#include <stdarg.h>
#include <stddef.h>

/* Writes at most size - 1 bytes and a final NUL; returns the length written. What does not fit is
 * cut; a cut text ends in "...". size must be at least 4. */
size_t fmt(char *to, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
size_t fmt_v(char *to, size_t size, const char *format, va_list ap)
    __attribute__((format(printf, 3, 0)));
