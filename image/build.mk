# image: see the top Makefile.
