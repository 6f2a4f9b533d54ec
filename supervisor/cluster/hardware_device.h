/* Watchdog devices of the kernel, by their numbers from 0. hardware_device.c has the real ones;
 * tests/fake_hardware.c has files of a folder in their place. All but the first function may block.
 */
#pragma once
#include <stdint.h>

#define HARDWARE_NAME_SIZE 64

#define HARDWARE_DEVICES 17

/* Which there are: bit N for number N. Xen's own is among them, and one may be there twice: what is
 * behind a number only its opening tells. Never blocks. */
uint32_t hardware_devices(void);

/* The device with this number: a descriptor to write to, which arms it, or -1 and errno. */
int hardware_device_open(int number);

/* As its driver calls itself. */
void hardware_device_name(int fd, char name[HARDWARE_NAME_SIZE]);

/* Sets the seconds after which it resets the host, and returns what it then has, which may be
 * something else; 0: it does not say. */
uint32_t hardware_device_time(int fd, uint32_t seconds);
