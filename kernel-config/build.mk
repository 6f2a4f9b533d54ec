# The dom0 and lab-guest kernels are built as ports; this folder holds their configuration.
