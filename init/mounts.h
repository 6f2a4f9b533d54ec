/* The file systems and folders that every program expects, as two tables. */
#pragma once

/* Mounts what is not mounted yet and makes the folders. Each failure costs one line. */
void mounts_make(void);

/* Only what stage one needs in the initramfs: /dev, /proc, /sys. */
void mounts_make_first(void);
