#include "config/ssh_key.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "config/iface.h"
#include "config/words.h"

static const char *const types[] = {"ssh-ed25519",
                                    "ecdsa-sha2-nistp256",
                                    "ecdsa-sha2-nistp384",
                                    "ecdsa-sha2-nistp521",
                                    "ssh-rsa",
                                    "sk-ssh-ed25519@openssh.com",
                                    "sk-ecdsa-sha2-nistp256@openssh.com"};

static int digit(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c != '\0' ? strchr(digits, c) : NULL;
    return at != NULL ? (int)(at - digits) : -1;
}

/* Base64 (RFC 4648) of length characters into out, which has room for it: bytes, or -1. */
static int decode(const char *text, size_t length, uint8_t *out)
{
    int n = 0;
    if (length == 0 || length % 4 != 0)
        return -1;
    size_t padding = text[length - 1] != '=' ? 0 : (text[length - 2] != '=' ? 1 : 2);
    for (size_t i = 0; i < length; i += 4) {
        uint32_t group = 0;
        size_t letters = i + 4 == length ? 4 - padding : 4;
        for (size_t j = 0; j < 4; j++) {
            int value = j < letters ? digit(text[i + j]) : 0;
            if (value < 0)
                return -1;
            group = group << 6 | (uint32_t)value;
        }
        for (size_t j = 0; j + 1 < letters; j++)
            out[n++] = (uint8_t)(group >> (16 - 8 * j));
    }
    return n;
}

/* A key is a sequence of strings, each after its length (RFC 4253, 6.6); the first is the type. */
static bool is_whole(const uint8_t *key, size_t size, const char *type)
{
    size_t at = 0, strings = 0;
    while (size - at >= 4) {
        size_t length = (size_t)key[at] << 24 | (size_t)key[at + 1] << 16 |
                        (size_t)key[at + 2] << 8 | key[at + 3];
        at += 4;
        if (length > size - at ||
            (strings == 0 && (length != strlen(type) || memcmp(key + at, type, length) != 0)))
            return false;
        at += length;
        strings++;
    }
    return at == size && strings > 1;
}

bool ssh_key_ok(const char *text)
{
    uint8_t key[SITE_SSHKEY_SIZE];
    size_t type = strcspn(text, " ");
    const char *encoded = text + type + strspn(text + type, " ");
    size_t length = strcspn(encoded, " ");
    int size = strlen(text) < sizeof key ? decode(encoded, length, key) : -1;
    for (size_t i = 0; size > 0 && i < sizeof types / sizeof types[0]; i++)
        if (strlen(types[i]) == type && memcmp(types[i], text, type) == 0)
            return is_whole(key, (size_t)size, types[i]);
    return false;
}

void word_sshkey(struct site *site, struct place place, char *value)
{
    char token[64];
    snprintf(token, sizeof token, "sshkey=%.40s", value);
    if (!ssh_key_ok(value) || strpbrk(value, "\n\r") != NULL) {
        site_error(site, place, token,
                   "expected a public key in double quotes: sshkey=\"ssh-ed25519 AAAA... NAME\"");
        return;
    }
    for (uint32_t i = 0; i < site->sshkeys; i++)
        if (strcmp(site->sshkey[i], value) == 0)
            return; /* on the command line and in the file: one key */
    if (site->sshkeys == SITE_SSHKEYS_MAX)
        site_error(site, place, token,
                   "too many; expected at most %d keys, and the rest in "
                   "authorized_keys",
                   SITE_SSHKEYS_MAX);
    else
        snprintf(site->sshkey[site->sshkeys++], SITE_SSHKEY_SIZE, "%s", value);
}
