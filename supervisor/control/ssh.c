#include "control/ssh.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/run_dir.h"

#define KEYS_SIZE ((size_t)64 * 1024)

/* A file of the site; empty where there is none. */
static int read_site(const char *folder, const char *name, char *text, size_t size, struct err *e)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (file_read(path, text, size, e) == 0)
        return 0;
    text[0] = '\0';
    return errno == ENOENT ? 0 : -1;
}

static int make_folder(struct err *e)
{
    char folder[PATH_MAX];
    if (run_path(folder, sizeof folder, "ssh", NULL) != 0)
        return err_set(e, "path too long");
    if ((mkdir(run_dir(), 0755) != 0 && errno != EEXIST) ||
        (mkdir(folder, 0700) != 0 && errno != EEXIST))
        return err_set(e, "%s: %m", folder);
    return 0;
}

int ssh_authorize(const struct site *site, const char *folder, struct err *e)
{
    static char text[KEYS_SIZE + sizeof(((struct site *)NULL)->sshkey) + SITE_SSHKEYS_MAX + 2];
    char path[PATH_MAX];
    if (make_folder(e) != 0)
        return -1;
    if (run_path(path, sizeof path, "ssh", "authorized_keys") != 0)
        return err_set(e, "path too long");
    struct err why;
    if (read_site(folder, "authorized_keys", text, KEYS_SIZE, &why) < 0)
        log_err("SSH: %s; left out", why.text);
    size_t used = strlen(text);
    if (used > 0 && text[used - 1] != '\n')
        text[used++] = '\n';
    for (uint32_t i = 0; i < site->sshkeys; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s\n", site->sshkey[i]);
    text[used] = '\0';
    if (used == 0)
        log_notice("SSH: neither sshkey= nor authorized_keys: nobody can log in");
    return file_replace(path, text, e);
}

static int write_authorized(const struct site_source *source, struct err *e)
{
    struct site *site = site_load(source);
    int result =
        site != NULL ? ssh_authorize(site, source->folder, e) : err_set(e, "out of memory");
    site_free(site);
    return result;
}

/* Runs dropbearkey on a key's file, to make it or to read it: both tell its fingerprint. */
static int run_dropbearkey(bool make, char *path, char *fingerprint, size_t size, struct err *e)
{
    char program[] = "/usr/bin/dropbearkey", type[] = "-t", ed25519[] = "ed25519", file[] = "-f",
         show[] = "-y", text[4096];
    char *making[] = {program, type, ed25519, file, path, NULL};
    char *showing[] = {program, show, file, path, NULL};
    int out[2], status;
    if (pipe2(out, O_CLOEXEC) != 0)
        return err_set(e, "pipe: %m");
    pid_t pid = fork();
    if (pid == 0) {
        dup2(out[1], STDOUT_FILENO);
        dup2(out[1], STDERR_FILENO);
        execv(program, make ? making : showing);
        _exit(127);
    }
    close(out[1]);
    size_t used = 0;
    ssize_t n;
    while (pid > 0 && used < sizeof text - 1 &&
           (n = read(out[0], text + used, sizeof text - 1 - used)) > 0)
        used += (size_t)n;
    text[used] = '\0';
    close(out[0]);
    if (pid < 0)
        return err_set(e, "no process for %s: %m", program);
    const char *at = strstr(text, "Fingerprint: ");
    if (waitpid(pid, &status, 0) != pid || status != 0 || at == NULL)
        return err_set(e, "%s: dropbearkey cannot %s it: %.*s", path, make ? "make" : "read",
                       (int)strcspn(text, "\n"), text);
    at += strlen("Fingerprint: ");
    snprintf(fingerprint, size, "%.*s", (int)strcspn(at, "\n"), at);
    return 0;
}

/* The site's key if it has one that can be read, else the one of this boot, else a new one. */
static int write_host_key(const struct site_source *source, struct err *e)
{
    char path[PATH_MAX], site_path[PATH_MAX], fingerprint[128];
    snprintf(site_path, sizeof site_path, "%s/ssh_host_key", source->folder);
    if (run_path(path, sizeof path, "ssh", "host_key") != 0)
        return err_set(e, "path too long");
    if (access(site_path, F_OK) == 0) {
        if (run_dropbearkey(false, site_path, fingerprint, sizeof fingerprint, e) == 0) {
            log_notice("SSH: host key %s, the site's", fingerprint);
            unlink(path);
            return symlink(site_path, path) == 0 ? 0 : err_set(e, "%s: %m", path);
        }
        log_err("SSH: %s; expected a private key in dropbear's format; left out", e->text);
    }
    bool make = access(path, F_OK) != 0;
    if (run_dropbearkey(make, path, fingerprint, sizeof fingerprint, e) != 0)
        return -1;
    log_notice("SSH: host key %s, this boot's", fingerprint);
    return 0;
}

int ssh_prepare(const struct site_source *source)
{
    struct err e;
    int result = write_authorized(source, &e);
    if (result == 0)
        result = write_host_key(source, &e);
    if (result != 0)
        log_err("SSH: %s", e.text);
    return result;
}
