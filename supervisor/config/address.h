/* IP addresses as words write them. */
#pragma once
#include <stdint.h>

/* Reads an address, IPv6 with or without its brackets (text is cut up): AF_INET, AF_INET6, or 0. */
int address_parse(char *text, uint8_t out[16]);
