#include "base/run_dir.h"

#include <stdio.h>
#include <stdlib.h>

const char *run_dir(void)
{
    const char *folder = getenv("RELEVO_RUN");
    return folder != NULL && folder[0] == '/' ? folder : "/run/relevo";
}

int run_path(char *path, size_t size, const char *a, const char *b)
{
    int n =
        snprintf(path, size, "%s/%s%s%s", run_dir(), a, b != NULL ? "/" : "", b != NULL ? b : "");
    return n < 0 || (size_t)n >= size ? -1 : 0;
}
