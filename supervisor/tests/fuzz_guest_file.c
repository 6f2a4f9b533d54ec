/* Any text as a guest file. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config/guest_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libxlutil's grammar frees no values that it drops after a syntax error. relevod reads each file
 * once. */
const char *__lsan_default_suppressions(void)
{
    return "leak:libxlutil\n";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = strndup((const char *)data, size);
    struct site *site = calloc(1, sizeof *site);
    if (text != NULL && site != NULL) {
        strcpy(site->hostname, "n1");
        guest_file_take(site, "guests/fuzz.cfg", text);
        for (uint32_t i = 0; i < site->guests; i++)
            if (!guest_name_ok(site->guest[i]->name) || site->guest[i]->disks > GUEST_DISKS_MAX)
                abort();
    }
    site_free(site);
    free(text);
    return 0;
}
