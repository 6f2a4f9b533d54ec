/* The one logger: one line per event, to stderr (the console) and to syslog.
 * Never blocks and never fails: a line that the console or syslogd cannot take now is dropped, so
 * that a stuck serial line cannot stop the loop. Not for use from signal handlers. */
#pragma once
#include <syslog.h>

/* Lines longer than this are cut. */
#define LOG_LINE_MAX 640

/* ident: what every line begins with; kept by reference. */
void log_open(const char *ident);

/* priority: LOG_ERR … LOG_DEBUG of syslog.h. Notice and up go to stderr; all but debug to syslog.
 */
__attribute__((format(printf, 2, 3))) void log_line(int priority, const char *format, ...);

#define log_err(...)    log_line(LOG_ERR, __VA_ARGS__)
#define log_warn(...)   log_line(LOG_WARNING, __VA_ARGS__)
#define log_notice(...) log_line(LOG_NOTICE, __VA_ARGS__)
#define log_info(...)   log_line(LOG_INFO, __VA_ARGS__)
