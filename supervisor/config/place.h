#pragma once

/* Where a word stands: line 0 is the command line. */
struct place {
    const char *file;
    int line;
};
