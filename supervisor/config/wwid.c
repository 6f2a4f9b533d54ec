#include "config/wwid.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define PAGE_HEADER       4
#define DESIGNATOR_HEADER 4
/* A designator's type, and its association (bits 4 and 5 of the same byte): 0 is the LUN. */
#define DESIGNATOR_T10   1
#define DESIGNATOR_EUI   2
#define DESIGNATOR_NAA   3
#define DESIGNATOR_NAME  8
#define ASSOCIATION_MASK 0x30

static bool is_hex(const char *text, size_t length)
{
    return strlen(text) == length && strspn(text, "0123456789abcdefABCDEF") == length;
}

static int put(char wwid[WWID_SIZE], const char *prefix, const char *text)
{
    int n = snprintf(wwid, WWID_SIZE, "%s.", prefix);
    for (; *text != '\0'; text++) {
        if (n == WWID_SIZE - 1)
            return -1;
        wwid[n++] = (char)tolower((unsigned char)*text);
    }
    wwid[n] = '\0';
    return 0;
}

/* NAA names are 8 bytes long, or 16 where they begin with 6. */
static int put_naa(char wwid[WWID_SIZE], const char *hex)
{
    bool ok = is_hex(hex, hex[0] == '6' ? 32 : 16) && strchr("2356", hex[0]) != NULL;
    return ok ? put(wwid, "naa", hex) : -1;
}

static int put_eui(char wwid[WWID_SIZE], const char *hex)
{
    bool ok = is_hex(hex, 16) || is_hex(hex, 24) || is_hex(hex, 32);
    return ok ? put(wwid, "eui", hex) : -1;
}

static int put_uuid(char wwid[WWID_SIZE], const char *text)
{
    bool ok = strlen(text) == 36 && strspn(text, "0123456789abcdefABCDEF-") == 36;
    return ok ? put(wwid, "uuid", text) : -1;
}

/* Vendor and what it gave, padded with blanks: each run of them becomes one '_'. */
static int put_t10(char wwid[WWID_SIZE], const char *text)
{
    size_t n = (size_t)snprintf(wwid, WWID_SIZE, "t10.");
    for (; *text != '\0'; text++) {
        bool blank = *text == ' ' || *text == '_';
        if (!blank && (!isgraph((unsigned char)*text) || strchr(",\"\\", *text) != NULL))
            return -1;
        if (blank && (wwid[n - 1] == '_' || n == 4))
            continue;
        if (n == WWID_SIZE - 1)
            return -1;
        wwid[n++] = blank ? '_' : *text;
    }
    if (wwid[n - 1] == '_')
        n--;
    wwid[n] = '\0';
    return n > 4 ? 0 : -1;
}

static const struct form {
    const char *prefix;
    int (*put)(char wwid[WWID_SIZE], const char *rest);
} forms[] = {
    {"naa.", put_naa}, {"eui.", put_eui},   {"uuid.", put_uuid},          {"t10.", put_t10},
    {"0x", put_naa},   {"wwn-0x", put_naa}, {"scsi-3", put_naa},          {"3", put_naa},
    {"2", put_eui},    {"1", put_t10},      {"dm-uuid-mpath-3", put_naa},
};

int wwid_canonical(const char *text, char wwid[WWID_SIZE])
{
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        size_t length = strlen(forms[i].prefix);
        if (strncmp(text, forms[i].prefix, length) == 0 && forms[i].put(wwid, text + length) == 0)
            return 0;
    }
    wwid[0] = '\0';
    return -1;
}

/* One designator in canonical form; -1 if it is of a kind that names no LUN for us. */
static int read_designator(uint8_t type, const uint8_t *data, size_t size, char wwid[WWID_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    char text[256 * 2 + 1];
    size_t n = 0;
    if (size > 255)
        return -1;
    if (type == DESIGNATOR_NAA || type == DESIGNATOR_EUI) {
        for (size_t i = 0; i < size; i++) {
            text[n++] = digits[data[i] >> 4];
            text[n++] = digits[data[i] & 15];
        }
        text[n] = '\0';
        return type == DESIGNATOR_NAA ? put_naa(wwid, text) : put_eui(wwid, text);
    }
    memcpy(text, data, size);
    text[size] = '\0';
    if (type == DESIGNATOR_T10)
        return put_t10(wwid, text);
    return type == DESIGNATOR_NAME ? wwid_canonical(text, wwid) : -1;
}

bool wwid_in_page(const uint8_t *page, size_t size, const char *wwid)
{
    if (size < PAGE_HEADER || page[1] != 0x83)
        return false;
    size_t end = PAGE_HEADER + ((size_t)page[2] << 8 | page[3]);
    end = end < size ? end : size;
    for (size_t at = PAGE_HEADER; at + DESIGNATOR_HEADER <= end;) {
        const uint8_t *d = page + at;
        char found[WWID_SIZE];
        at += DESIGNATOR_HEADER + d[3];
        if (at <= end && (d[1] & ASSOCIATION_MASK) == 0 &&
            read_designator(d[1] & 15, d + DESIGNATOR_HEADER, d[3], found) == 0 &&
            strcmp(found, wwid) == 0)
            return true;
    }
    return false;
}
