/* Any text as boot parameters: on the command line, and in a file. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config/words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take_all(struct site *site, char *text, struct place place)
{
    struct kv word;
    while (kv_next(&text, &word))
        word_take(site, place, word);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = strndup((const char *)data, size), *again = strndup((const char *)data, size);
    struct site *site = calloc(1, sizeof *site);
    if (text != NULL && again != NULL && site != NULL) {
        take_all(site, text, (struct place){.file = "command line"});
        take_all(site, again, (struct place){.file = "site.conf", .line = 1});
        site_check_network(site);
    }
    site_free(site);
    free(text);
    free(again);
    return 0;
}
