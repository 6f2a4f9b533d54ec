#pragma once

/* Unmounts every file system on a disk, the last mounted first, or makes it read-only where it is
 * in use. May block for as long as a disk does: for a child process. */
void umount_disks(void);
