/* PID 1's voice: one line per event on the console and in the kernel's log.
 * Never blocks and never fails: a console that is gone or stopped costs the line, not init. */
#pragma once

#define SAY_MAX 320 /* bytes of a line, its newline included; longer ones are cut */

/* Prints "[   12.345678] init: TEXT", in the form of the kernel's own lines, so that a serial log
 * reads as one. The console is opened at need and again after an error. In the kernel's log the
 * line has level debug: the kernel keeps it and does not print it a second time. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same for a crash: usable in a signal handler, and waits up to a second for a slow console. */
void say_last_words(const char *format, ...) __attribute__((format(printf, 1, 2)));
