/* TCP in bulk, between guests. */
#pragma once

#define STREAM_PORT 7002

/* A process that swallows what comes on STREAM_PORT, connection by connection, for ever. 0, or -1
 * with errno. */
int stream_sink(void);

/* Sends so many MiB to a sink and waits until they have been read. 0, or -1 with errno. */
int stream_send(const char *address, unsigned long mib);
