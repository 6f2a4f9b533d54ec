#include "guest/hotplug.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

int hotplug_open(struct hotplug *h, const char *what, struct err *e)
{
    *h = (struct hotplug){.path = getenv("XENBUS_PATH"), .what = what};
    if (h->path == NULL || h->path[0] == '\0')
        return err_set(e, "called wrongly: expected XENBUS_PATH in the environment");
    h->xs = xs_open(0);
    return h->xs != NULL ? 0 : err_set(e, "cannot reach xenstored: %m");
}

static int path_of(const struct hotplug *h, const char *key, char *path, size_t size)
{
    int n = snprintf(path, size, "%s/%s", h->path, key);
    return n < 0 || (size_t)n >= size ? -1 : 0;
}

int hotplug_read(struct hotplug *h, const char *key, char *value, unsigned size)
{
    char path[256];
    unsigned length;
    if (path_of(h, key, path, sizeof path) != 0)
        return -1;
    char *text = xs_read(h->xs, XBT_NULL, path, &length);
    bool fits = text != NULL && length < size;
    if (fits)
        memcpy(value, text, length + 1); /* libxenstore closes it with a NUL */
    free(text);
    return fits ? 0 : -1;
}

int hotplug_write(struct hotplug *h, const char *key, const char *value, struct err *e)
{
    char path[256];
    if (path_of(h, key, path, sizeof path) != 0)
        return err_set(e, "xenstore path too long");
    if (!xs_write(h->xs, XBT_NULL, path, value, (unsigned)strlen(value)))
        return err_set(e, "xenstore %s: %m", path);
    return 0;
}

int hotplug_close(struct hotplug *h, int result, const struct err *e)
{
    if (result != 0) {
        log_err("%s %s: %s", h->what, h->path != NULL ? h->path : "?", e->text);
        if (h->xs != NULL && (hotplug_write(h, "hotplug-error", e->text, NULL) != 0 ||
                              hotplug_write(h, "hotplug-status", "error", NULL) != 0))
            log_err("%s: cannot tell xenstore so", h->what);
    }
    if (h->xs != NULL)
        xs_close(h->xs);
    return result == 0 ? 0 : 1;
}
