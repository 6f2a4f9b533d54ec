#include "storage/drbd_meta.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/hash.h"

/* Here begin and end partition tables, file systems, and the metadata of LVM, RAID, ZFS, DRBD. */
#define LOOKED_AT ((size_t)1 << 20)

/* struct meta_data_on_disk (drivers/block/drbd/drbd_main.c), big-endian: where its device number
 * and its magic are, and the magics of attached or unclean, clean, and older ones. */
#define AT_DEVICE_UUID  40
#define AT_MAGIC        60
#define MAGIC_FIRST     0x8374026aU
#define MAGIC_LAST      0x8374026cU
#define IDENTITY_SALT   0x6d6972726f72ULL
#define ALIGN_DIRECT_IO 4096

uint64_t drbd_meta_identity(const char *name)
{
    return hash_text(name, IDENTITY_SALT);
}

enum drbd_found_kind drbd_meta_judge(const uint8_t block[DRBD_META_BLOCK], const char *name)
{
    uint32_t magic;
    uint64_t identity;
    memcpy(&magic, block + AT_MAGIC, sizeof magic);
    memcpy(&identity, block + AT_DEVICE_UUID, sizeof identity);
    if (be32toh(magic) < MAGIC_FIRST || be32toh(magic) > MAGIC_LAST)
        return DRBD_FOUND_BLANK;
    return be64toh(identity) == drbd_meta_identity(name) ? DRBD_FOUND_OURS : DRBD_FOUND_FOREIGN;
}

const char *drbd_meta_name_data(const uint8_t *head, size_t size)
{
    static const struct {
        size_t at;
        const char *magic;
        size_t length;
        const char *name;
    } known[] = {
        {1080, "\x53\xef", 2, "an ext2, ext3 or ext4 file system"},
        {0, "XFSB", 4, "an XFS file system"},
        {65600, "_BHRfS_M", 8, "a btrfs file system"},
        {3, "NTFS    ", 8, "an NTFS file system"},
        {536, "LVM2 001", 8, "an LVM physical volume"},
        {0, "LUKS\xba\xbe", 6, "a LUKS volume"},
        {4096, "\xfc\x4e\x2b\xa9", 4, "a RAID member"},
        {4086, "SWAPSPACE2", 10, "swap space"},
        {512, "EFI PART", 8, "a partition table"},
        {510, "\x55\xaa", 2, "a partition table or a FAT file system"},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (known[i].at + known[i].length <= size &&
            memcmp(head + known[i].at, known[i].magic, known[i].length) == 0)
            return known[i].name;
    for (size_t i = 0; i < size; i++)
        if (head[i] != 0)
            return "data";
    return NULL;
}

static void missing(struct drbd_found *found, const char *device)
{
    found->kind = DRBD_FOUND_MISSING;
    snprintf(found->text, sizeof found->text, "%.60s: %.60s", device, strerror(errno));
}

/* Whole, or not at all. */
static int read_at(int fd, uint8_t *to, size_t size, uint64_t at)
{
    for (size_t have = 0; have < size;) {
        ssize_t n = pread(fd, to + have, size - have, (off_t)(at + have));
        if (n == 0)
            errno = EIO;
        if (n <= 0)
            return -1;
        have += (size_t)n;
    }
    return 0;
}

static void look(int fd, uint8_t *part, const char *device, const char *name,
                 struct drbd_found *found)
{
    const char *data;
    if (ioctl(fd, BLKGETSIZE64, &found->bytes) != 0) {
        missing(found, device);
        return;
    }
    if (found->bytes < DRBD_BACKING_MIN) {
        found->kind = DRBD_FOUND_TOO_SMALL;
        snprintf(found->text, sizeof found->text, "%.60s has %llu bytes; expected %llu or more",
                 device, (unsigned long long)found->bytes, (unsigned long long)DRBD_BACKING_MIN);
        return;
    }
    uint64_t last = found->bytes / DRBD_META_BLOCK * DRBD_META_BLOCK - DRBD_META_BLOCK;
    if (read_at(fd, part, DRBD_META_BLOCK, last) != 0) {
        missing(found, device);
        return;
    }
    found->kind = drbd_meta_judge(part, name);
    if (found->kind != DRBD_FOUND_BLANK)
        return;
    uint64_t tail = last + DRBD_META_BLOCK - LOOKED_AT;
    if (read_at(fd, part, LOOKED_AT, 0) != 0) {
        missing(found, device);
        return;
    }
    data = drbd_meta_name_data(part, LOOKED_AT);
    if (data == NULL && read_at(fd, part, LOOKED_AT, tail) != 0) {
        missing(found, device);
        return;
    }
    if (data == NULL && drbd_meta_name_data(part, LOOKED_AT) != NULL)
        data = "data at its end";
    if (data != NULL) {
        found->kind = DRBD_FOUND_DATA;
        snprintf(found->text, sizeof found->text, "%s", data);
    }
}

void drbd_meta_look(const char *device, const char *name, struct drbd_found *found)
{
    *found = (struct drbd_found){.kind = DRBD_FOUND_MISSING};
    uint8_t *part = aligned_alloc(ALIGN_DIRECT_IO, LOOKED_AT);
    int fd = open(device, O_RDONLY | O_DIRECT | O_CLOEXEC); /* what is there, not what was */
    if (fd < 0 || part == NULL)
        missing(found, device);
    else
        look(fd, part, device, name, found);
    if (fd >= 0)
        close(fd);
    free(part);
}
