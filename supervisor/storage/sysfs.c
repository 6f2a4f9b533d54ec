#include "storage/sysfs.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

#define PAGE_SIZE_MAX 1024 /* of VPD page 0x83; arrays fill some 100 bytes */

const char *sysfs_root(void)
{
    const char *root = getenv("RELEVO_SYS");
    return root != NULL && root[0] == '/' ? root : "/sys";
}

static void path_of(char path[PATH_MAX], const char *name, const char *attribute)
{
    snprintf(path, PATH_MAX, "%s/block/%s/%s", sysfs_root(), name, attribute);
}

bool sysfs_read(const char *path, char *text, size_t size)
{
    if (file_read(path, text, size, NULL) != 0) {
        text[0] = '\0';
        return false;
    }
    size_t length = strlen(text);
    while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == ' '))
        text[--length] = '\0';
    return true;
}

int sysfs_write(const char *path, const char *text, struct err *e)
{
    int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC); /* as a shell does; sysfs ignores it */
    ssize_t n = fd >= 0 ? write(fd, text, strlen(text)) : -1;
    int result = n < 0 ? err_set(e, "%s: %m", path) : 0;
    if (fd >= 0)
        close(fd);
    return result;
}

static bool read_text(const char *name, const char *attribute, char *text, size_t size)
{
    char path[PATH_MAX];
    path_of(path, name, attribute);
    return sysfs_read(path, text, size);
}

static size_t read_bytes(const char *name, const char *attribute, uint8_t *data, size_t size)
{
    char path[PATH_MAX];
    path_of(path, name, attribute);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, data, size) : -1;
    if (fd >= 0)
        close(fd);
    return n > 0 ? (size_t)n : 0;
}

/* SCSI keeps the name with the device, NVMe with the disk. */
static bool read_wwid(const char *name, char wwid[WWID_SIZE])
{
    char text[256];
    return (read_text(name, "device/wwid", text, sizeof text) ||
            read_text(name, "wwid", text, sizeof text)) &&
           wwid_canonical(text, wwid) == 0;
}

bool sysfs_may_be_path(const char *name)
{
    static const char *const others[] = {"dm-", "loop", "ram", "zram", "md", "drbd", "nbd", "sr"};
    if (name[0] == '\0' || strlen(name) >= PATH_NAME_SIZE || strchr(name, '/') != NULL)
        return false;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (strncmp(name, others[i], strlen(others[i])) == 0)
            return false;
    return true;
}

int sysfs_find_lun(const char *name, const struct multipath_config *config)
{
    char wwid[WWID_SIZE] = "";
    uint8_t page[PAGE_SIZE_MAX];
    bool named = read_wwid(name, wwid);
    for (uint32_t i = 0; named && i < config->maps; i++)
        if (strcmp(config->map[i].wwid, wwid) == 0)
            return (int)i;
    /* The kernel shows the best of the LUN's names; the site may use another. */
    size_t size = read_bytes(name, "device/vpd_pg83", page, sizeof page);
    for (uint32_t i = 0; size > 0 && i < config->maps; i++)
        if (wwid_in_page(page, size, config->map[i].wwid))
            return (int)i;
    return -1;
}

static enum path_access parse_access(const char *text)
{
    static const struct {
        const char *name;
        enum path_access access;
    } words[] = {
        /* scsi_access_state_name() of the kernel */
        {"active/optimized", ACCESS_OPTIMIZED},
        {"active/non-optimized", ACCESS_NON_OPTIMIZED},
        {"lba-dependent", ACCESS_LBA_DEPENDENT},
        {"standby", ACCESS_STANDBY},
        {"unavailable", ACCESS_UNAVAILABLE},
        {"offline", ACCESS_UNAVAILABLE},
        {"transitioning", ACCESS_TRANSITION},
        /* nvme_ana_state_names[] */
        {"optimized", ACCESS_OPTIMIZED},
        {"non-optimized", ACCESS_NON_OPTIMIZED},
        {"inaccessible", ACCESS_UNAVAILABLE},
        {"persistent-loss", ACCESS_UNAVAILABLE},
        {"change", ACCESS_TRANSITION},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i].name, text) == 0)
            return words[i].access;
    return ACCESS_NONE;
}

/* scsi_device's states that an open() survives; an NVMe controller that is not lost is "live". */
static bool can_be_opened(const char *state)
{
    static const char *const good[] = {"",     "running",    "quiesce",  "blocked",
                                       "live", "connecting", "resetting"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        if (strcmp(state, good[i]) == 0)
            return true;
    return false;
}

bool sysfs_address(const char *name, char *hctl, size_t size)
{
    char link[PATH_MAX], target[PATH_MAX];
    path_of(link, name, "device");
    ssize_t n = readlink(link, target, sizeof target - 1);
    target[n > 0 ? n : 0] = '\0';
    const char *slash = strrchr(target, '/');
    const char *last = slash != NULL ? slash + 1 : target;
    bool scsi = last[0] != '\0' && strspn(last, "0123456789:") == strlen(last);
    return snprintf(hctl, size, "%s", scsi ? last : "") < (int)size && scsi;
}

static void read_scsi(const char *name, struct path *path)
{
    char text[64];
    uint8_t inquiry[8] = {0};
    sysfs_address(name, path->hctl, sizeof path->hctl);
    read_text(name, "device/dh_state", text, sizeof text);
    bool attached = text[0] != '\0' && strcmp(text, "detached") != 0;
    snprintf(path->handler, sizeof path->handler, "%.15s", attached ? text : "");
    /* Standard INQUIRY data, byte 5: TPGS, 1 is implicit only (SPC-4, 6.6.2). */
    path->implicit_only = read_bytes(name, "device/inquiry", inquiry, sizeof inquiry) > 5 &&
                          (inquiry[5] >> 4 & 3) == 1;
}

static void read_access(const char *name, struct path *path)
{
    char text[64];
    enum path_access access = ACCESS_NONE;
    if (read_text(name, "device/access_state", text, sizeof text) ||
        read_text(name, "ana_state", text, sizeof text))
        access = parse_access(text);
    if (access != ACCESS_TRANSITION || path->access == ACCESS_NONE)
        path->access = access;
}

int sysfs_read_path(const char *name, struct path *path)
{
    char text[64], *end = NULL;
    if (!read_text(name, "dev", text, sizeof text))
        return -1;
    path->major = (uint32_t)strtoul(text, &end, 10);
    path->minor = *end == ':' ? (uint32_t)strtoul(end + 1, NULL, 10) : 0;
    snprintf(path->name, sizeof path->name, "%s", name);
    read_text(name, "size", text, sizeof text);
    path->sectors = strtoull(text, NULL, 10);
    read_text(name, "ro", text, sizeof text);
    path->read_only = text[0] == '1';
    read_text(name, "device/state", text, sizeof text);
    snprintf(path->state, sizeof path->state, "%.19s", text);
    path->present = can_be_opened(text);
    read_scsi(name, path);
    read_access(name, path);
    return 0;
}

static int by_version(const struct dirent **a, const struct dirent **b)
{
    size_t x = strlen((*a)->d_name), y = strlen((*b)->d_name); /* sdz before sdaa */
    return x != y ? (x < y ? -1 : 1) : strcmp((*a)->d_name, (*b)->d_name);
}

static int is_candidate(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && sysfs_may_be_path(entry->d_name);
}

void sysfs_for_each(void (*see)(const char *name, void *data), void *data)
{
    char path[PATH_MAX];
    struct dirent **entry = NULL;
    snprintf(path, sizeof path, "%s/block", sysfs_root());
    int n = scandir(path, &entry, is_candidate, by_version);
    for (int i = 0; i < n; i++) {
        see(entry[i]->d_name, data);
        free(entry[i]);
    }
    free(entry);
}
