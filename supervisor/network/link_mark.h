/* The alias (ip link show: "alias relevo") of every interface that relevod has made: a later
 * relevod takes away what is no longer configured, and nothing that is not ours. */
#pragma once

#define LINK_MARK "relevo"
