/* The worldwide name of a LUN, in one form for all the ways in which people and kernels write it.
 *
 *   naa.600a0b80…   as the kernel's sysfs; multipath.conf's 3600a0b80…, 0x600a0b80…, wwn-0x…
 *   eui.0025385…    also multipath.conf's 20025385…; SCSI and NVMe
 *   uuid.…          NVMe
 *   t10.VENDOR_…    also multipath.conf's 1VENDOR_…; each run of blanks or _ is one _
 *
 * Pure. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* With the map's prefix it must fit a device-mapper UUID (DM_UUID_LEN, 129). */
#define WWID_SIZE 112

/* The canonical form of text into wwid: 0, or -1 if it is none or does not fit. */
int wwid_canonical(const char *text, char wwid[WWID_SIZE]);

/* Whether the device identification page (SPC-4, 7.8.6: VPD page 0x83) has the name for its LUN,
 * by any of its designators. wwid is canonical. */
bool wwid_in_page(const uint8_t *page, size_t size, const char *wwid);
