/* The role that talks to corosync: carries messages by CPG, and tells whom corosync sees. What it
 * calls may block for as long as corosync stands still, so it is not in relevod's loop. */
#pragma once

int transport_role(void);
