"""The lab: blades under QEMU, their cables, disks and power, and what a test needs to see of them.

  clock      the lab's time, waiting for conditions, the factor for slow machines
  space      a network and process namespace that dies with everything in it
  network    switches and cables in that namespace
  qmp        QEMU's machine protocol
  console    the program that stamps and keeps a blade's console
  channel    commands through a blade's second serial port
  disk       disk images with partitions and file systems, made without mounting
  records    reads a guest's diary and says what was lost, doubled or late
  guest      the lab's own guest: its file tree, its disks, its guest file
  heartbeat  when which guest was heard
  site       a site directory as a cpio behind the initrd
  node       one blade: power, consoles, commands
  story      one ordered account of consoles, the node's log and the lab's actions
  lab        all of the above under one name and one directory
"""
