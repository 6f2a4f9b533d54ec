"""The file itself: how big it is, and what is not in it."""
import os
import subprocess
from pathlib import Path

LIMIT = 64 * 1024


def program(name="init"):
    return Path(os.environ["INIT_DIR"]) / name


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def readelf(what):
    return output("readelf", "-W", what, program())


def test_it_is_at_most_64_kib():
    assert program().stat().st_size <= LIMIT


def test_no_allocator_is_linked():
    symbols = {line.split()[-1] for line in output("nm", program("init.full")).splitlines()}
    assert "main" in symbols
    assert not symbols & {"malloc", "calloc", "realloc", "free", "brk", "sbrk", "__libc_malloc", "fopen",
                          "printf", "opendir"}


def test_it_is_hardened():
    assert "DYN (Position-Independent Executable file)" in readelf("-h")
    segments = readelf("-l")
    assert "INTERP" not in segments
    assert "GNU_RELRO" in segments
    assert not [line for line in segments.splitlines() if "RWE" in line]
    assert "__stack_chk_fail" in output("nm", program("init.full"))
