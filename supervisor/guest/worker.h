/* The roles that talk to Xen. Each is a process of its own and returns its exit status. */
#pragma once

/* One job on one guest, read from the parent; answers and ends. */
int guest_worker_role(void);

/* Tells the parent about domains until the parent is gone or the connection is lost. */
int guest_watcher_role(void);
