# rootfs: see the top Makefile.
