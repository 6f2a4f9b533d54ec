/* The relevo command. */
#pragma once

/* Returns the exit status: 0 done, 1 refused, 2 wrong usage, 3 relevod does not answer. */
int relevo_command(int argc, char **argv);
