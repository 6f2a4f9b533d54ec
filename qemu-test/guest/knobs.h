/* What the agent is told on its kernel command line: words `agent.KEY=VALUE`. */
#pragma once
#include <stdbool.h>

#define NEVER (-1)

struct knobs {
    char name[64];
    char disk[64]; /* the diary's device; empty: none */
    char ip[64];   /* ADDRESS/PREFIX for eth0; empty: leave the network alone */
    int rate;      /* records and heartbeats per second */
    int crash;     /* seconds after the start to crash, power off, reboot or hang; or NEVER */
    int poweroff;
    int reboot;
    int hang;
    bool deaf; /* ignore every request to shut down */
};

/* Reads `path` (/proc/cmdline); unknown or malformed agent. words are reported on stderr. */
void knobs_read(struct knobs *knobs, const char *path);
