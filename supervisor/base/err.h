/* Why something failed, in words: fallible functions return 0, or -1 and fill a struct err. */
#pragma once

struct err {
    char text[512];
};

/* Fills e (which may be NULL) and returns -1, so that a failure is one line: return err_set(…).
 * Text that does not fit is cut. */
__attribute__((format(printf, 2, 3))) int err_set(struct err *e, const char *format, ...);
