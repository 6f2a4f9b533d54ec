#include "control/check.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static void print_line(void *to, const char *text)
{
    fprintf(to, "%s\n", text);
}

static void print_error(void *to, const char *text)
{
    if (strncmp(text, "error: ", 7) == 0)
        fprintf(to, "%s\n", text + 7);
    else if (strncmp(text, "warning: ", 9) == 0)
        fprintf(to, "%s\n", text);
}

int check_source(const struct site_source *source)
{
    struct site *site = site_load(source);
    if (site == NULL)
        return -1;
    site_print(site, print_line, stdout);
    int result = site->errors == 0 ? 0 : -1;
    site_free(site);
    return result;
}

/* One node's view; only its errors and warnings are printed. Homes that were not checked yet are
 * checked too. */
static int check_as(const char *folder, const char *hostname)
{
    struct site *site = site_load(
        &(struct site_source){.cmdline = "/dev/null", .folder = folder, .hostname = hostname});
    if (site == NULL)
        return -1;
    site_print(site, print_error, stdout);
    printf("%s: %u guests, %u errors\n", hostname, site->guests,
           site->errors + site->errors_dropped);
    int result = site->errors == 0 ? 0 : -1;
    site_free(site);
    return result;
}

static bool home_seen_before(const struct site *site, uint32_t i)
{
    for (uint32_t j = 0; j < i; j++)
        if (strcmp(site->guest[j]->home, site->guest[i]->home) == 0)
            return true;
    return false;
}

int check_folder(const char *folder, const char *hostname)
{
    struct stat st;
    if (stat(folder, &st) != 0 || !S_ISDIR(st.st_mode)) {
        fprintf(stderr, "relevo: %s: expected a folder with site.conf and guests/\n", folder);
        return -1;
    }
    if (hostname != NULL)
        return check_as(folder, hostname);
    struct site *site =
        site_load(&(struct site_source){.cmdline = "/dev/null", .folder = folder, .hostname = ""});
    if (site == NULL)
        return -1;
    int result = 0;
    bool any = site->cluster.nodes > 0;
    for (uint32_t i = 0; i < site->cluster.nodes; i++)
        result |= check_as(folder, site->cluster.node[i].name);
    for (uint32_t i = 0; i < site->guests; i++)
        if (site->guest[i]->home[0] != '\0' && !home_seen_before(site, i) &&
            cluster_find(&site->cluster, site->guest[i]->home) < 0) {
            any = true;
            result |= check_as(folder, site->guest[i]->home);
        }
    site_free(site);
    return any ? result : check_as(folder, "");
}
