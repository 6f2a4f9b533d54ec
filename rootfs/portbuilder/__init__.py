"""The ports builder. ports.py reads port files, fetch.py downloads, toolchain.py decides how things are
compiled, recipe.py builds one port, build.py all of them, lay.py puts the results together, elf.py checks
what goes into the image, pins.py moves versions, cli.py is the command."""
