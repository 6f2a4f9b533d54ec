# The dom0 and lab-guest kernels are ports (rootfs/ports/linux*.toml); this folder holds what is asked of
# them, and the check that it was granted.
# zstd: dom0's kernel is packed with it.
DEPS_BUILD += bc bison flex libelf-dev zstd
LINT_PY += kernel-config/check.py $(wildcard kernel-config/tests/*.py)
LINT_SH += kernel-config/build-kernel
BUILD_TESTS += kernel-config/tests
