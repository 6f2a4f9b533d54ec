/* Any bytes as a message between processes: accepted ones must be safe to read. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cluster/fence_wire.h"
#include "cluster/journal_wire.h"
#include "guest/messages.h"
#include "guest/record.h"
#include "network/config.h"
#include "network/lease.h"
#include "network/status.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t read_all(const struct message_job *job)
{
    size_t n = strlen(job->guest.name) + strlen(job->guest.kernel) + strlen(job->guest.cmdline);
    for (uint32_t i = 0; i < job->guest.disks; i++)
        n += strlen(job->guest.disk[i].path);
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    void *copy = malloc(size + 1);
    if (copy == NULL)
        return 0;
    memcpy(copy, data, size);
    if (message_ok(copy, size) && size == sizeof(struct message_job) &&
        read_all(copy) > sizeof(struct message_job))
        abort();
    network_config_ok(copy, size);
    journal_config_ok(copy, size);
    journal_memory_ok(copy, size, JOURNAL_STORE);
    journal_note_ok(copy, size);
    fence_order_ok(copy, size);
    fence_reply_ok(copy, size);
    network_status_ok(copy, size);
    network_vifs_ok(copy, size);

    ((char *)copy)[size] = '\0';
    struct record record;
    record_parse(&record, copy);
    memcpy(copy, data, size);
    struct lease lease;
    char text[LEASE_TEXT_SIZE];
    if (lease_parse(&lease, copy) == 0)
        lease_format(&lease, text);
    free(copy);
    return 0;
}
