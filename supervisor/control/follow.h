/* relevo log: the node's log file. */
#pragma once
#include <stdbool.h>

/* Prints the log; with follow goes on until killed, also over the file's rotation. */
int follow_log(bool follow);
