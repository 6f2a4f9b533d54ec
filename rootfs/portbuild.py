#!/usr/bin/python3
"""Builds the third-party parts of the image from pinned sources. rootfs/README.md says how to add one."""
from portbuilder.cli import main

if __name__ == "__main__":
    main()
