"""The ports builder: ports.py reads, fetch.py downloads, toolchain.py compiles for musl, build.py
schedules and caches, lay.py puts the results together, elf.py checks what goes into the image."""
