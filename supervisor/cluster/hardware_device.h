/* A watchdog device of the kernel. hardware_device.c is the real one; tests/fake_hardware.c has
 * files of a folder in their place. All of it may block. */
#pragma once
#include <stdint.h>

#define HARDWARE_NAME_SIZE 64

/* The device with this number, from 0: a descriptor to write to, which arms it, or -1 and errno. */
int hardware_device_open(int number);

/* As its driver calls itself. */
void hardware_device_name(int fd, char name[HARDWARE_NAME_SIZE]);

/* Sets the seconds after which it resets the host, and returns what it then has, which may be
 * something else; 0: it does not say. */
uint32_t hardware_device_time(int fd, uint32_t seconds);
