#include "cluster/state_device.h"

#include <stdalign.h>
#include <stdio.h>
#include <string.h>

#include "base/crc32.h"

#define VERSION 1

static const char label_magic[8] = "RELEVOST", slot_magic[8] = "RELEVOSL";

/* On the device: little-endian as the machine is, fixed sizes, the rest of the block zero. */
struct label {
    char magic[8];
    uint32_t version;
    uint32_t crc; /* of the block, with 0 here */
    struct state_owner owner;
};

struct slot {
    char magic[8];
    uint64_t number;
    uint32_t size; /* of the memory, which follows */
    uint32_t crc;  /* of all this and the memory, with 0 here */
};

/* One process, one device, one loop: the buffers can be static. */
static alignas(STATE_BLOCK) uint8_t block[STATE_BLOCK];
static alignas(STATE_BLOCK) uint8_t buffer[2][STATE_SLOT];
_Static_assert(sizeof(struct label) <= STATE_BLOCK && sizeof(struct slot) <= STATE_BLOCK,
               "fit their blocks");
_Static_assert(STATE_SIZE == 3 * STATE_SLOT && STATE_MAX == STATE_SLOT - STATE_BLOCK, "add up");

static uint64_t place(int slot)
{
    return (uint64_t)STATE_SLOT * (unsigned)(1 + slot);
}

static size_t used(size_t memory)
{
    return (sizeof(struct slot) + memory + STATE_BLOCK - 1) / STATE_BLOCK * STATE_BLOCK;
}

static bool closed(const char text[STATE_NAME_SIZE])
{
    return memchr(text, '\0', STATE_NAME_SIZE) != NULL;
}

static int read_label(const struct state_io *io, struct label *label, struct err *e)
{
    if (io->read(io->device, 0, block, sizeof block, e) != 0)
        return -1;
    memcpy(label, block, sizeof *label);
    if (memcmp(label->magic, label_magic, sizeof label_magic) != 0)
        return err_set(e, "is not prepared, or holds something else; expected what `relevo state "
                          "init` writes");
    uint32_t crc = label->crc;
    memset(block + offsetof(struct label, crc), 0, sizeof crc);
    if (crc != crc32_of(block, sizeof block) || !closed(label->owner.cluster) ||
        !closed(label->owner.node))
        return err_set(e, "its label is damaged");
    if (label->version != VERSION)
        return err_set(e, "version %u; expected %d", label->version, VERSION);
    return 0;
}

static int check_owner(const struct label *label, const struct state_owner *owner, struct err *e)
{
    if (strcmp(label->owner.cluster, owner->cluster) == 0 &&
        strcmp(label->owner.node, owner->node) == 0)
        return 0;
    return err_set(e, "belongs to node %s of cluster %s, not to node %s of cluster %s",
                   label->owner.node, label->owner.cluster, owner->node, owner->cluster);
}

/* Reads a slot into its buffer: 1 if it is whole, 0 if not, -1 on an I/O error. */
static int read_slot(const struct state_io *io, int i, struct slot *slot, struct err *e)
{
    uint8_t *at = buffer[i];
    if (io->read(io->device, place(i), at, STATE_SLOT, e) != 0)
        return -1;
    memcpy(slot, at, sizeof *slot);
    if (memcmp(slot->magic, slot_magic, sizeof slot_magic) != 0 || slot->size > STATE_MAX)
        return 0;
    memset(at + offsetof(struct slot, crc), 0, sizeof slot->crc);
    return slot->crc == crc32_of(at, sizeof *slot + slot->size);
}

static int write_slots(const struct state_io *io, uint64_t number, const void *data, size_t size,
                       int only, struct err *e)
{
    uint8_t *at = buffer[0];
    struct slot slot = {.number = number, .size = (uint32_t)size};
    memcpy(slot.magic, slot_magic, sizeof slot_magic);
    memmove(at + sizeof slot, data, size);
    memcpy(at, &slot, sizeof slot);
    memset(at + sizeof slot + size, 0, used(size) - sizeof slot - size);
    slot.crc = crc32_of(at, sizeof slot + size);
    memcpy(at, &slot, sizeof slot);
    for (int i = 0; i < 2; i++)
        if ((only < 0 || only == i) && io->write(io->device, place(i), at, used(size), e) != 0)
            return -1;
    return 0;
}

int state_load(struct state *s, const struct state_io *io, const struct state_owner *owner,
               void *data, size_t *size, struct err *e)
{
    struct label label;
    struct slot slot[2];
    int whole[2];
    *s = (struct state){.io = *io, .broken = true};
    if (read_label(io, &label, e) != 0 || check_owner(&label, owner, e) != 0)
        return -1;
    for (int i = 0; i < 2; i++)
        if ((whole[i] = read_slot(io, i, &slot[i], e)) < 0)
            return -1;
    if (!whole[0] && !whole[1])
        return err_set(e, "both copies are damaged");
    int best = whole[0] && (!whole[1] || slot[0].number >= slot[1].number) ? 0 : 1;
    memcpy(data, buffer[best] + sizeof slot[best], slot[best].size);
    *size = slot[best].size;
    bool same = whole[0] && whole[1] && slot[0].number == slot[1].number;
    if (!same && write_slots(io, slot[best].number, data, *size, 1 - best, e) != 0)
        return -1;
    s->number = slot[best].number;
    s->broken = false;
    return 0;
}

/* That nobody else has written. */
static int check_number(const struct state *s, struct err *e)
{
    for (int i = 0; i < 2; i++) {
        struct slot slot;
        if (s->io.read(s->io.device, place(i), block, sizeof block, e) != 0)
            return -1;
        memcpy(&slot, block, sizeof slot);
        if (memcmp(slot.magic, slot_magic, sizeof slot_magic) != 0 || slot.number != s->number)
            return err_set(e, "somebody else has written to it");
    }
    return 0;
}

int state_store(struct state *s, const void *data, size_t size, struct err *e)
{
    if (size > STATE_MAX)
        return err_set(e, "%zu bytes of memory; expected at most %d", size, STATE_MAX);
    if (!s->broken && check_number(s, e) != 0)
        return -1;
    /* What a failed write has left may be anything up to this number. */
    s->broken = true;
    s->number++;
    if (write_slots(&s->io, s->number, data, size, -1, e) != 0)
        return -1;
    s->broken = false;
    return 0;
}

static int check_blank(const struct state_io *io, struct err *e)
{
    struct label label;
    if (read_label(io, &label, NULL) == 0)
        return err_set(e, "belongs to node %s of cluster %s already", label.owner.node,
                       label.owner.cluster);
    for (size_t at = 0; at < STATE_SIZE; at += sizeof block) {
        if (io->read(io->device, at, block, sizeof block, e) != 0)
            return -1;
        for (size_t i = 0; i < sizeof block; i++)
            if (block[i] != 0)
                return err_set(e, "is not blank: something is at byte %zu", at + i);
    }
    return 0;
}

int state_prepare(const struct state_io *io, const struct state_owner *owner, bool force,
                  struct err *e)
{
    struct label label = {.version = VERSION, .owner = *owner};
    memcpy(label.magic, label_magic, sizeof label_magic);
    if (!force && check_blank(io, e) != 0)
        return -1;
    /* The label last: without it the device is not prepared. */
    memset(block, 0, sizeof block);
    if (io->write(io->device, 0, block, sizeof block, e) != 0 ||
        write_slots(io, 0, "", 0, -1, e) != 0)
        return -1;
    memset(block, 0, sizeof block);
    memcpy(block, &label, sizeof label);
    label.crc = crc32_of(block, sizeof block);
    memcpy(block, &label, sizeof label);
    return io->write(io->device, 0, block, sizeof block, e);
}

int state_describe(const struct state_io *io, char *text, size_t size, struct err *e)
{
    struct label label;
    struct slot slot[2];
    int whole[2];
    if (read_label(io, &label, e) != 0)
        return -1;
    int n = snprintf(text, size, "node %s of cluster %s:", label.owner.node, label.owner.cluster);
    for (int i = 0; i < 2 && n >= 0 && (size_t)n < size; i++) {
        if ((whole[i] = read_slot(io, i, &slot[i], e)) < 0)
            return -1;
        if (whole[i])
            n += snprintf(text + n, size - (size_t)n, " copy %d: number %llu, %u bytes;", i + 1,
                          (unsigned long long)slot[i].number, slot[i].size);
        else
            n += snprintf(text + n, size - (size_t)n, " copy %d: damaged;", i + 1);
    }
    return 0;
}
