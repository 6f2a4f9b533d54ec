/* Asking the device itself. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <scsi/sg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "storage/check.h"

/* What came to attention meanwhile is told once each: multipath-tools asks as often. */
#define UNIT_ATTENTIONS_MAX 5
#define PAGE_BYTES          1024
#define READ_BYTES          4096

#define TEST_UNIT_READY 0x00
#define INQUIRY         0x12

struct command {
    uint8_t cdb[6];
    void *data;
    uint32_t size;
};

/* VERDICT_NONE with an empty text: the kernel did not take the command. */
static enum verdict send(int fd, const struct check_request *r, const struct command *c, char *text,
                         size_t size)
{
    enum verdict verdict = VERDICT_NONE;
    for (int i = 0; i < UNIT_ATTENTIONS_MAX && verdict == VERDICT_NONE; i++) {
        uint8_t sense[32] = {0}, cdb[6];
        memcpy(cdb, c->cdb, sizeof cdb);
        struct sg_io_hdr io = {.interface_id = 'S',
                               .dxfer_direction = c->size > 0 ? SG_DXFER_FROM_DEV : SG_DXFER_NONE,
                               .cmdp = cdb,
                               .cmd_len = sizeof cdb,
                               .dxferp = c->data,
                               .dxfer_len = c->size,
                               .sbp = sense,
                               .mx_sb_len = sizeof sense,
                               .timeout = r->timeout_ms};
        if (ioctl(fd, SG_IO, &io) != 0) {
            snprintf(text, size, "%s", strerror(errno));
            return VERDICT_DOWN;
        }
        verdict = check_judge_scsi(io.status, io.host_status, sense, io.sb_len_wr, text, size);
    }
    return verdict;
}

/* The LUN's names are asked of the device: what the kernel has kept may be of an earlier LUN of
 * this number. */
static enum verdict identify(int fd, const struct check_request *r, char *text, size_t size)
{
    uint8_t page[PAGE_BYTES] = {0};
    struct command inquiry = {.cdb = {INQUIRY, 1, 0x83, PAGE_BYTES >> 8, PAGE_BYTES & 255, 0},
                              .data = page,
                              .size = sizeof page};
    enum verdict verdict = send(fd, r, &inquiry, text, size);
    if (verdict != VERDICT_UP)
        return verdict;
    if (!wwid_in_page(page, sizeof page, r->wwid)) {
        snprintf(text, size, "it is another LUN");
        return VERDICT_FOREIGN;
    }
    return VERDICT_UP;
}

/* Directly: not from the page cache, which would answer for a dead device. */
static enum verdict read_block(int fd, char *text, size_t size)
{
    void *block = NULL;
    if (posix_memalign(&block, READ_BYTES, READ_BYTES) != 0)
        return VERDICT_NONE;
    ssize_t n = pread(fd, block, READ_BYTES, 0);
    if (n < 0)
        snprintf(text, size, "read: %s", strerror(errno));
    free(block);
    return n > 0 ? VERDICT_UP : VERDICT_DOWN;
}

static enum verdict check_open(int fd, const struct check_request *r, char *text, size_t size)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISBLK(st.st_mode) || major(st.st_rdev) != r->major ||
        minor(st.st_rdev) != r->minor)
        return VERDICT_NONE; /* the name is another device's by now */
    enum verdict verdict = VERDICT_UP;
    if (r->scsi != 0) {
        static const struct command ready = {.cdb = {TEST_UNIT_READY}};
        verdict = identify(fd, r, text, size);
        if (verdict == VERDICT_UP)
            verdict = send(fd, r, &ready, text, size);
    }
    if (verdict == VERDICT_UP && (r->checker == CHECKER_READ || r->scsi == 0))
        verdict = read_block(fd, text, size);
    return verdict;
}

void check_path(const struct check_request *r, struct check_reply *reply)
{
    char node[PATH_MAX];
    snprintf(node, sizeof node, "/dev/%s", r->name);
    int fd = open(node, O_RDONLY | O_DIRECT | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        snprintf(reply->text, sizeof reply->text, "%s", strerror(errno));
        reply->verdict = VERDICT_DOWN;
        return;
    }
    reply->verdict = check_open(fd, r, reply->text, sizeof reply->text);
    close(fd);
}
