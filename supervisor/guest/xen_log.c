#include "guest/xen_log.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"

/* libxl begins its messages with "FILE.c:LINE:FUNCTION: ", which says nothing to an operator. */
static const char *skip_source(const char *text)
{
    const char *function = strstr(text, ".c:");
    if (function == NULL || function != strpbrk(text, ".: "))
        return text;
    const char *end = strstr(function, ": ");
    return end != NULL ? end + 2 : text;
}

/* The first error tells most; but what a hotplug program says of its failure ("script: …") tells
 * more than libxl's line before, that it has failed. */
static void keep_reason(struct xen_log *log, const char *text)
{
    static const char script[] = "script: ";
    const char *plain = skip_source(text);
    const char *said = strncmp(plain, script, strlen(script)) == 0 ? plain + strlen(script) : NULL;
    if (said != NULL && !log->from_script)
        snprintf(log->first_error, sizeof log->first_error, "%s", said);
    else if (log->first_error[0] == '\0')
        snprintf(log->first_error, sizeof log->first_error, "%s", plain);
    log->from_script = log->from_script || said != NULL;
}

static void on_message(xentoollog_logger *logger, xentoollog_level level, int errnoval,
                       const char *context, const char *format, va_list al)
{
    if (level < XTL_WARN)
        return;
    char text[300];
    int n = vsnprintf(text, sizeof text, format, al);
    if (n < 0)
        return;
    if (errnoval > 0 && (size_t)n < sizeof text)
        snprintf(text + n, sizeof text - (size_t)n, ": %s", strerror(errnoval));
    text[strcspn(text, "\n")] = '\0';
    log_info("%s: %s", context != NULL ? context : "xen", text);
    if (level >= XTL_ERROR)
        keep_reason((struct xen_log *)logger, text);
}

static void on_progress(xentoollog_logger *logger, const char *context, const char *doing,
                        int percent, unsigned long done, unsigned long total)
{
    (void)logger, (void)context, (void)doing, (void)percent, (void)done, (void)total;
}

static void on_destroy(xentoollog_logger *logger)
{
    (void)logger; /* it lives in its owner */
}

void xen_log_init(struct xen_log *log)
{
    *log = (struct xen_log){
        .vtable = {.vmessage = on_message, .progress = on_progress, .destroy = on_destroy}};
}

void xen_log_reset(struct xen_log *log)
{
    log->first_error[0] = '\0';
    log->from_script = false;
}
