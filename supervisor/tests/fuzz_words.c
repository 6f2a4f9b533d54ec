/* Any text as boot parameters: on the command line, and in a file. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "config/words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* A site's folder with a key, or no cluster would be checked to its end. */
static char folder[] = "/tmp/relevo-fuzz-XXXXXX", key_path[sizeof folder + 32];

static void clean_up(void)
{
    unlink(key_path);
    rmdir(folder);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    char key[CLUSTER_KEY_MIN + 1];
    (void)argc;
    (void)argv;
    memset(key, 'k', sizeof key - 1);
    key[sizeof key - 1] = '\0';
    if (mkdtemp(folder) == NULL)
        abort();
    snprintf(key_path, sizeof key_path, "%s/%s", folder, CLUSTER_KEY_FILE);
    if (file_replace(key_path, key, NULL) != 0)
        abort();
    atexit(clean_up);
    return 0;
}

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
        snprintf(site->hostname, sizeof site->hostname, "b1");
        site_check_network(site);
        site_check_cluster(site, folder);
    }
    site_free(site);
    free(text);
    free(again);
    return 0;
}
