/* The one way to start a process: an owner, a deadline, a bounded conversation.
 *
 * A child is this binary again in another role, or a program. It dies with its parent (SIGKILL by
 * PR_SET_PDEATHSIG), and before it where memory runs out. A role talks over a SOCK_SEQPACKET pair:
 * one packet is one message, so that the kernel does the framing, and a packet larger than
 * CHILD_MESSAGE_MAX is a broken child. */
#pragma once
#include <qb/qbloop.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define CHILD_MESSAGE_MAX 65536
/* A role finds its end of the pair here. */
#define CHILD_SOCKET 3

struct child;

struct child_events {
    /* One whole message, valid during the call. NULL where the child is not expected to talk. */
    void (*message)(void *owner, const void *data, size_t size);
    /* The last call for this child, which is freed afterwards. status as from waitpid(). */
    void (*ended)(void *owner, int status, bool timed_out);
};

struct child_spec {
    const char *role;     /* of this binary, or */
    char *const *argv;    /* a program with its arguments, closed with NULL */
    uint32_t deadline_ms; /* it is killed after so long; 0: it runs as long as its parent */
    const struct child_events *events;
    void *owner;
};

/* Starts a child. NULL on failure. Never blocks; events come later, from the loop. */
struct child *child_start(qb_loop_t *loop, const struct child_spec *spec, struct err *e);

/* Sends one message; -1 if the child does not read (its socket is full) or is gone. */
int child_send(struct child *child, const void *data, size_t size, struct err *e);

/* SIGKILL; the ended event follows from the loop. */
void child_kill(struct child *child);

int child_pid(const struct child *child);

/* "exited with status 1", "killed by signal 9 (Killed)", "killed after its deadline". */
void child_describe_end(int status, bool timed_out, char *text, size_t size);

/* --- the role's side: blocking --- */

/* Receives one message from the parent: its size, or 0 when the parent is gone, or -1. */
ptrdiff_t role_receive(void *data, size_t size);

/* Sends one message to the parent; 0, or -1 when the parent is gone. */
int role_send(const void *data, size_t size);
