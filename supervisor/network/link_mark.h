/* The group (ip link show: "group 1919249526") of every interface that relevod has made: a later
 * relevod takes away what is no longer configured, and nothing that is not ours. Of all that the
 * kernel would keep as a mark, only the group can be given in the request that makes the interface
 * (rtnl_create_link() in net/core/rtnetlink.c): whoever dies after it leaves no stranger behind. */
#pragma once

#define LINK_MARK 0x72656c76u /* "relv" */
