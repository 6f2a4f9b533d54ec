/* The way down, in steps that each have a deadline: nothing that hangs can stop it. */
#pragma once
#include <stdnoreturn.h>

enum ending {
    END_REBOOT,
    END_HALT,
    END_POWEROFF,
    END_HOST_FAILURE, /* let relevod hand over, then reset */
};

/* Stops the services, then everything else, flushes, and ends; after a host failure only hands
 * over. Another request on the way hurries the steps and replaces the ending. */
noreturn void shut_down(enum ending ending);
