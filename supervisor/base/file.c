#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

ptrdiff_t file_read_bytes(const char *path, void *data, size_t size, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return err_set(e, "%s: %m", path);
    size_t have = 0;
    ssize_t n = 0;
    while (have < size && (n = read(fd, (char *)data + have, size - have)) > 0)
        have += (size_t)n;
    int reason = errno;
    close(fd);
    errno = n < 0 ? reason : EINVAL;
    if (n < 0)
        return err_set(e, "%s: %m", path);
    if (have == size)
        return err_set(e, "%s: longer than %zu bytes", path, size - 1);
    return (ptrdiff_t)have;
}

int file_read(const char *path, char *text, size_t size, struct err *e)
{
    ptrdiff_t have = file_read_bytes(path, text, size, e);
    if (have < 0)
        return -1;
    text[have] = '\0';
    if (strlen(text) == (size_t)have)
        return 0;
    errno = EINVAL;
    return err_set(e, "%s: not a text file (holds a NUL byte)", path);
}

static int write_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, data, size);
        if (n < 0)
            return -1;
        data += n;
        size -= (size_t)n;
    }
    return 0;
}

int file_replace_bytes(const char *path, const void *data, size_t size, struct err *e)
{
    char temporary[PATH_MAX];
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    if (snprintf(temporary, sizeof temporary, "%.*s.%s.new", (int)(name - path), path, name) >=
        (int)sizeof temporary)
        return err_set(e, "%.64s...: path too long", path);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return err_set(e, "%s: %m", temporary);
    int failed = write_all(fd, data, size);
    if (close(fd) != 0 || failed != 0 || rename(temporary, path) != 0) {
        err_set(e, "%s: %m", path);
        unlink(temporary);
        return -1;
    }
    return 0;
}

int file_replace(const char *path, const char *text, struct err *e)
{
    return file_replace_bytes(path, text, strlen(text), e);
}
