#include "guest/xen_log.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"

static void on_message(xentoollog_logger *logger, xentoollog_level level, int errnoval,
                       const char *context, const char *format, va_list al)
{
    struct xen_log *log = (struct xen_log *)logger;
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
    if (level >= XTL_ERROR && log->first_error[0] == '\0')
        memcpy(log->first_error, text, sizeof text);
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
}
