#include "base/run_dir.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

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

int run_load(const char *folder, const char *name, char *text, size_t size)
{
    char path[PATH_MAX];
    return run_path(path, sizeof path, folder, name) == 0 ? file_read(path, text, size, NULL) : -1;
}

int run_save(const char *folder, const char *name, const char *text, struct err *e)
{
    char path[PATH_MAX];
    if (run_path(path, sizeof path, folder, NULL) != 0 ||
        (mkdir(path, 0700) != 0 && errno != EEXIST))
        return err_set(e, "%s: %m", path);
    if (run_path(path, sizeof path, folder, name) != 0)
        return err_set(e, "%s: path too long", name);
    return file_replace(path, text, e);
}

void run_forget(const char *folder, const char *name)
{
    char path[PATH_MAX];
    if (run_path(path, sizeof path, folder, name) == 0)
        unlink(path);
}

void run_for_each(const char *folder, void (*found)(const char *name, void *data), void *data)
{
    char path[PATH_MAX];
    DIR *open = run_path(path, sizeof path, folder, NULL) == 0 ? opendir(path) : NULL;
    const struct dirent *entry;
    /* cppcheck-suppress readdirCalled ; one thread */
    while (open != NULL && (entry = readdir(open)) != NULL)
        if (entry->d_name[0] != '.')
            found(entry->d_name, data);
    if (open != NULL)
        closedir(open);
}
