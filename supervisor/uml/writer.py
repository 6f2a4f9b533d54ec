#!/usr/bin/python3
"""Stands for a guest: writes numbered, checksummed blocks to a disk, one after the other, each durable
before the next, and notes of each when it was begun, when it was done, and the error.

    writer.py DISK LOG [SECONDS BETWEEN WRITES [FIRST NUMBER]]"""
import mmap
import os
import struct
import sys
import time
import zlib

BLOCK, SLOTS = 4096, 256


def content(number):
    text = struct.pack("<Q", number) * (BLOCK // 8 - 1)
    return text + struct.pack("<Q", zlib.crc32(text))


def number_in(block):
    """The number of a block that is whole; None: it is not."""
    number = struct.unpack_from("<Q", block)[0]
    return number if block == content(number) else None


def read_slots(disk):
    """The numbers in the slots, read from the disk itself."""
    with mmap.mmap(-1, BLOCK * SLOTS) as buffer:
        fd = os.open(disk, os.O_RDONLY | os.O_DIRECT)
        os.preadv(fd, [buffer], 0)
        os.close(fd)
        return [number_in(buffer[i * BLOCK:(i + 1) * BLOCK]) for i in range(SLOTS)]


def check_slots(disk, durable):
    """All up to the last number that was durable is there, or what the guest has written over it since."""
    for slot, number in enumerate(read_slots(disk)):
        newest = durable - (durable - slot) % SLOTS
        if newest >= 0:
            assert number is not None and number >= newest and number % SLOTS == slot, \
                f"slot {slot}: {number}, expected {newest}"


def main(disk, log, pause="0.005", first="0"):
    fd = os.open(disk, os.O_RDWR | os.O_DIRECT | os.O_DSYNC)
    buffer = mmap.mmap(-1, BLOCK)
    with open(log, "a", buffering=1, encoding="ascii") as out:
        number = int(first)
        while True:
            buffer[:] = content(number)
            begin, error = time.monotonic(), 0
            try:
                os.pwritev(fd, [buffer], number % SLOTS * BLOCK)
            except OSError as e:
                error = e.errno
            out.write(f"{number} {begin:.4f} {time.monotonic():.4f} {error}\n")
            number += error == 0
            time.sleep(float(pause) if error == 0 else 0.1)


if __name__ == "__main__":
    main(*sys.argv[1:])
