#include "storage/check.h"

#include <stdio.h>
#include <string.h>

#include "base/child.h"

static bool closed(const char *text, size_t size)
{
    return memchr(text, '\0', size) != NULL;
}

bool check_request_ok(const void *data, size_t size)
{
    const struct check_request *r = data;
    return size == sizeof *r && closed(r->name, sizeof r->name) &&
           closed(r->wwid, sizeof r->wwid) && strchr(r->name, '/') == NULL;
}

bool check_reply_ok(const void *data, size_t size)
{
    const struct check_reply *r = data;
    return size == sizeof *r && r->verdict < VERDICTS && closed(r->text, sizeof r->text);
}

#define STATUS_GOOD                 0x00
#define STATUS_CHECK_CONDITION      0x02
#define STATUS_BUSY                 0x08
#define STATUS_RESERVATION_CONFLICT 0x18
#define STATUS_TASK_SET_FULL        0x28
#define DID_TIME_OUT                0x03 /* of the host (the kernel's include/scsi/scsi_status.h) */

#define SENSE_NOT_READY       0x02
#define SENSE_ILLEGAL_REQUEST 0x05
#define SENSE_UNIT_ATTENTION  0x06

/* What a device says of itself that matters here (SPC-4, table 28 and annex F). */
static const struct {
    uint8_t key, asc, ascq;
    enum verdict verdict;
    const char *text;
} answers[] = {
    {SENSE_NOT_READY, 0x04, 0x0a, VERDICT_NONE, "in transition"},
    {SENSE_NOT_READY, 0x04, 0x0b, VERDICT_GHOST, "standby"},
    {SENSE_NOT_READY, 0x04, 0x0c, VERDICT_DOWN, "unavailable"},
    {SENSE_ILLEGAL_REQUEST, 0x25, 0x00, VERDICT_DOWN, "the LUN is not mapped"},
};

static enum verdict judge_sense(const uint8_t *sense, size_t size, char *text, size_t text_size)
{
    bool descriptors = size > 0 && (sense[0] & 0x7f) >= 0x72;
    if (size < (descriptors ? 4U : 14U)) {
        snprintf(text, text_size, "an error without a reason");
        return VERDICT_DOWN;
    }
    uint8_t key = sense[descriptors ? 1 : 2] & 15, asc = sense[descriptors ? 2 : 12],
            ascq = sense[descriptors ? 3 : 13];
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
        if (answers[i].key == key && answers[i].asc == asc && answers[i].ascq == ascq) {
            snprintf(text, text_size, "%s", answers[i].text);
            return answers[i].verdict;
        }
    snprintf(text, text_size, "sense %x/%02x/%02x", key, asc, ascq);
    return key == SENSE_UNIT_ATTENTION ? VERDICT_NONE : VERDICT_DOWN;
}

enum verdict check_judge_scsi(uint8_t status, uint16_t host, const uint8_t *sense, size_t size,
                              char *text, size_t text_size)
{
    text[0] = '\0';
    if (host == DID_TIME_OUT) { /* the kernel was first to lose patience */
        snprintf(text, text_size, "no answer");
        return VERDICT_DOWN;
    }
    if (host != 0) {
        snprintf(text, text_size, "transport error %u", host);
        return VERDICT_DOWN;
    }
    switch (status) {
    case STATUS_GOOD:
    case STATUS_RESERVATION_CONFLICT: /* another initiator has it reserved: the path works */
        return VERDICT_UP;
    case STATUS_BUSY:
    case STATUS_TASK_SET_FULL:
        snprintf(text, text_size, "busy");
        return VERDICT_NONE;
    case STATUS_CHECK_CONDITION:
        return judge_sense(sense, size, text, text_size);
    default:
        snprintf(text, text_size, "status %02x", status);
        return VERDICT_DOWN;
    }
}

int checker_role(void)
{
    struct check_request request;
    static const struct check_reply ready = {.verdict = VERDICT_NONE};
    if (role_send(&ready, sizeof ready) != 0)
        return 0;
    for (;;) {
        ptrdiff_t size = role_receive(&request, sizeof request);
        if (size <= 0)
            return size == 0 ? 0 : 1;
        struct check_reply reply = {.verdict = VERDICT_NONE};
        if (check_request_ok(&request, (size_t)size))
            check_path(&request, &reply);
        if (role_send(&reply, sizeof reply) != 0)
            return 0;
    }
}
