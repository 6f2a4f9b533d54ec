#include "cluster/keep.h"

#include <errno.h>
#include <limits.h>

#include "base/file.h"
#include "base/log.h"
#include "base/run_dir.h"
#include "core/codec.h"

static int path_of(char path[PATH_MAX], struct err *e)
{
    return run_path(path, PATH_MAX, "memory", NULL) == 0 ? 0 : err_set(e, "path too long");
}

int keep_read(struct memory *m, struct err *e)
{
    static uint8_t data[CODEC_MEMORY_MAX + 1];
    char path[PATH_MAX];
    if (path_of(path, e) != 0)
        return -1;
    ptrdiff_t size = file_read_bytes(path, data, sizeof data, e);
    if (size < 0)
        return errno == ENOENT ? 1 : -1;
    const char *bad = codec_decode_memory(data, (size_t)size, m);
    return bad == NULL ? 0 : err_set(e, "%s: %s", path, bad);
}

void keep_memory(struct keep *k, const struct memory *m)
{
    static uint8_t data[CODEC_MEMORY_MAX];
    char path[PATH_MAX];
    struct err e;
    size_t size = codec_encode_memory(m, data, sizeof data);
    k->number++;
    if (path_of(path, &e) == 0 && file_replace_bytes(path, data, size, &e) == 0) {
        k->written = k->number;
        k->complained = false;
    } else {
        log_line(k->complained ? LOG_INFO : LOG_ERR,
                 "cluster: what is promised cannot be kept: %s; nothing is promised until it can",
                 e.text);
        k->complained = true;
    }
    if (k->device != NULL && k->device->loaded)
        journal_store(k->device, data, size, k->number);
}

bool keep_is_behind(const struct keep *k)
{
    return k->written != k->number;
}

bool keep_has(const struct keep *k, uint64_t number)
{
    return k->written >= number && (k->device == NULL || k->stored >= number);
}
