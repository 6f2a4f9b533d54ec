"""The way down: signals, order, deadlines, and crashes of init itself."""
import ctypes
import fcntl
import os
import signal
import subprocess
from pathlib import Path

import pytest

from node import service

# What reboot(2) in a PID namespace does to its init: see reboot(2).
RESTARTED, STOPPED = signal.SIGHUP, signal.SIGINT
FIFREEZE, FITHAW = 0xC0045877, 0xC0045878


@pytest.mark.parametrize("number, said, end, result", [
    (signal.SIGTERM, "SIGTERM: reboot", "reboot now", RESTARTED),
    (signal.SIGINT, "Ctrl-Alt-Del: reboot", "reboot now", RESTARTED),
    (signal.SIGUSR1, "SIGUSR1: halt", "halt now", STOPPED),
    (signal.SIGUSR2, "SIGUSR2: power off", "power off now", STOPPED),
])
def test_what_each_signal_means(boot, number, said, end, result):
    node = boot([service("a", "story", "a")])
    node.wait_for_story("start a")
    node.inside("kill", int(number), 1)
    assert node.wait_for_end() == result
    node.wait_for(said + r", asked by process \d+")
    node.wait_for(end)


def test_services_stop_in_the_opposite_order_one_at_a_time(boot):
    node = boot([service("a", "story", "a"), service("b", "story", "b", needs=["a"]),
                 service("c", "story", "c", needs=["b"])])
    node.wait_for_story("start a", "start b", "start c")
    node.signal(signal.SIGTERM)
    node.wait_for_end()
    events = [line.split("init: ")[1].split(",")[0].split(" (")[0]
              for line in node.console.text.splitlines() if ": stop" in line]
    assert events == ["c: stopping", "c: stopped", "b: stopping", "b: stopped", "a: stopping", "a: stopped"]


def test_a_process_that_ignores_sigterm(boot):
    node = boot([service("stubborn", "ignore", "stubborn", stop_ms=300), service("a", "story", "a")])
    node.wait_for_story("start stubborn", "start a")
    node.signal(signal.SIGTERM)
    assert node.wait_for_end() == RESTARTED
    node.wait_for("stubborn: does not stop: killing it")
    node.wait_for(r"stubborn: stopped \(killed by signal 9 \(Killed\)\)")


def orphan(node):
    """A process that is init's child and no service: its parent has ended."""
    node.inside("orphan", "orphan")
    node.wait_for_story("start orphan")


def test_orphans_get_sigterm_then_sigkill(boot):
    node = boot([service("a", "pause")], timing={"term_all_ms": 300})
    node.wait_for("a: started")
    orphan(node)
    node.signal(signal.SIGTERM)
    assert node.wait_for_end() == RESTARTED
    node.wait_for("no longer waiting for the other processes")
    assert "no longer waiting for what ignored SIGTERM" not in node.console.text


def test_a_second_signal_hurries_and_decides(boot):
    node = boot([service("a", "ignore", "a", stop_ms=1000000), service("b", "ignore", "b", stop_ms=1000000)],
                timing={"services_ms": 1000000, "hurry_ms": 20000})
    node.wait_for_story("start a", "start b")
    node.signal(signal.SIGTERM)
    node.wait_for("b: stopping")
    node.signal(signal.SIGUSR2)
    assert node.wait_for_end() == STOPPED
    node.wait_for("asked again: hurrying, will power off")
    node.wait_for(r"a: stopped \(killed by signal 9")


def test_all_services_together_have_a_deadline(boot):
    rows = [service(f"s{i}", "ignore", f"s{i}", stop_ms=1000000) for i in range(3)]
    node = boot(rows, timing={"services_ms": 400, "term_all_ms": 100})
    node.wait_for_story("start s0", "start s1", "start s2")
    node.signal(signal.SIGTERM)
    assert node.wait_for_end() == RESTARTED
    node.wait_for("no longer waiting for the services")


def test_what_was_starting_or_resting_stays_down(boot):
    node = boot([service("a", "ignore", "a", stop_ms=1500), service("dies", "exit", "1", rest_ms=300),
                 service("waits", "story", "waits", needs=["never"]),
                 service("never", "pause", ready="/run/never")])
    node.wait_for(r"dies: .*next start", count=2)
    node.signal(signal.SIGTERM)
    node.wait_for("a: stopping")
    started = node.says("init: dies: started")
    assert node.wait_for_end() == RESTARTED
    assert node.says("init: dies: started") == started


def test_the_death_of_the_hosts_service_hands_over_and_resets(boot):
    node = boot([service("store", "touch", "store", "/bin/helper", "/run/store", ready="/run/store",
                         flags="SERVICE_HOST | SERVICE_VITAL"),
                 service("daemon", "story", "daemon", needs=["store"], stop_ms=1000000,
                         flags="SERVICE_HANDOVER"),
                 service("other", "ignore", "other", stop_ms=1000000)])
    node.wait_for_story("start daemon", "start other")
    store = next(pid for pid in node.children() if b"touch" in Path(f"/proc/{pid}/cmdline").read_bytes())
    os.kill(store, signal.SIGKILL)
    assert node.wait_for_end() == RESTARTED
    node.wait_for(r"store: killed by signal 9 \(Killed\); it cannot be restarted: this host has failed")
    node.wait_for(r"daemon: stopping, at most 20 s")  # timing.handover_ms
    node.wait_for("reset after a host failure now")
    assert not node.says("other: stopping")  # nobody else is waited for


@pytest.mark.parametrize("name", ["SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGABRT", "SIGSYS"])
def test_a_crash_prints_the_reason_and_resets(boot, name):
    node = boot([service("a", "ignore", "a")])
    node.wait_for_story("start a")
    node.inside("kill", int(signal.Signals[name]), 1)
    assert node.wait_for_end() == RESTARTED
    node.wait_for(rf"CRASH of process 1: {name}, sent by process \d+, at init\+0x[0-9a-f]+; resetting")


def test_a_real_crash_names_the_address(boot):
    """Takes init's code away under it: the next instruction faults."""
    node = boot([service("a", "story", "a")])
    node.wait_for_story("start a")
    crash_for_real(node.pid)
    assert node.wait_for_end() == RESTARTED
    node.wait_for(r"CRASH of process 1: SIGSEGV at address 0x123450, at init\+0x[0-9a-f]+; resetting")


class Registers(ctypes.Structure):
    _fields_ = [(name, ctypes.c_ulonglong) for name in
                "r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss "
                "fs_base gs_base ds es fs gs".split()]


def crash_for_real(pid):
    """With ptrace: lets the process jump to an address where nothing is, on a broken stack."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    attach, get, put, detach = 16, 12, 13, 17
    assert libc.ptrace(attach, pid, None, None) == 0
    os.waitpid(pid, 0)
    regs = Registers()
    assert libc.ptrace(get, pid, None, ctypes.addressof(regs)) == 0
    regs.rip, regs.rsp, regs.orig_rax = 0x123450, 0x1000, 2**64 - 1
    assert libc.ptrace(put, pid, None, ctypes.addressof(regs)) == 0
    assert libc.ptrace(detach, pid, None, None) == 0


def test_a_crash_without_a_console_resets_too(boot):
    node = boot([service("a", "pause")])
    node.wait_for("a: started")
    node.console.close()
    node.signal(signal.SIGSEGV)
    assert node.wait_for_end() == RESTARTED


@pytest.fixture
def disk(tmp_path):
    """A mounted ext4 file system that can be frozen: whoever writes to it hangs in the kernel."""
    image, folder = tmp_path / "disk", tmp_path / "mounted"
    folder.mkdir()
    image.write_bytes(b"")
    os.truncate(image, 8 << 20)
    subprocess.run(["mkfs.ext4", "-q", image], check=True)
    subprocess.run(["mount", "-o", "loop", image, folder], check=True)
    fd = os.open(folder, os.O_RDONLY)
    frozen = []

    class Disk:
        path = str(folder)

        @staticmethod
        def freeze():
            fcntl.ioctl(fd, FIFREEZE, 0)
            frozen.append(True)

        @staticmethod
        def thaw():
            if frozen:
                frozen.pop()
                fcntl.ioctl(fd, FITHAW, 0)

    yield Disk
    Disk.thaw()
    os.close(fd)
    subprocess.run(["umount", folder], check=True)


def test_a_process_that_hangs_in_the_kernel(boot, disk):
    node = boot([service("a", "write", "/mnt/file", stop_ms=300)], folders=["mnt"], binds={disk.path: "mnt"},
                timing={"kill_ms": 300, "term_all_ms": 200, "kill_all_ms": 200, "flush_ms": 500})
    try:
        node.wait_for_story("start write")
        disk.freeze()
        writer = Path(f"/proc/{node.children()[0]}/status")
        node.wait(lambda: "\nState:\tD" in writer.read_text(), "it to hang")
        node.signal(signal.SIGTERM)
        node.wait_for(r"a: process \d+ survives SIGKILL \(it hangs in the kernel\): left behind")
        node.wait_for("no longer waiting for what ignored SIGTERM")
        node.wait_for("reboot now")
    finally:
        disk.thaw()  # the namespace, unlike a host, ends only when its last process has
    assert node.wait_for_end() == RESTARTED


def test_disks_are_unmounted_or_made_read_only(boot, disk):
    node = boot([service("a", "pause")], folders=["mnt", "a b"], binds={disk.path: "a b"})
    node.wait_for("a: started")
    node.signal(signal.SIGTERM)
    assert node.wait_for_end() == RESTARTED
    node.wait_for("unmounted /a b")
