"""What process 1 must outlive, and how quietly it lives."""
import re
import signal
import subprocess
import termios
from pathlib import Path

from node import service

SYS_POLL = "7"


def test_ten_thousand_orphans(boot):
    node = boot([service("storm", "storm", "10000"), service("a", "story", "a")])
    memory = None
    node.wait_for_story("start a")
    memory = Path(f"/proc/{node.pid}/maps").read_text()
    node.wait_for_story("storm over")
    node.wait(lambda: len(node.children()) == 2, "all orphans to be buried")
    assert Path(f"/proc/{node.pid}/maps").read_text() == memory  # not a page more than before
    assert node.says("init: a:") == 1


def test_a_service_that_dies_at_once_for_ever(boot):
    node = boot([service("dies", "exit", "3", rest_ms=1200), service("a", "story", "a"),
                 service("waits", "story", "waits", needs=["dies"])])
    node.wait_for(r"dies: ended with status 3; starting it again")
    node.wait_for(r"dies: ended with status 3; next start in (0\.[5-9]|1\.0) s", count=1)
    node.wait_for(r"dies: ended with status 3; next start in (0\.[5-9]|1\.[0-2]) s", count=4)
    assert node.says("init: dies: started") >= 4
    assert node.says("init: a: started") == 1
    assert node.story().count("start a") == 1


def test_everything_else_killed(boot):
    node = boot([service("a", "story", "a"), service("b", "story", "b")])
    node.wait_for_story("start a", "start b")
    node.inside("kill", 9, -1)
    node.wait_for(r"a: killed by signal 9 \(Killed\); starting it again")
    node.wait_for(r"b: killed by signal 9 \(Killed\); starting it again")
    node.wait(lambda: node.story().count("start a") == 2 and node.story().count("start b") == 2, "both again")
    node.inside("kill", 9, 1)  # the kernel spares process 1
    assert node.process.poll() is None


def test_a_console_that_is_gone(boot):
    node = boot([service("a", "story", "a"), service("shell", "shell", tty="/dev/console", rest_ms=200)])
    node.wait_for(r"shell \d+ terminal=1")
    node.console.close()
    for round_number in (2, 3):
        node.inside("kill", 9, victim(node, "a"))
        node.wait(lambda n=round_number: node.story().count("start a") == n, "a to be restarted")
    node.signal(signal.SIGTERM)
    assert node.wait_for_end() == signal.SIGHUP


def victim(node, name):
    """The process id, in there, of the service that tells the story of that name."""
    def find():
        for pid in node.children():
            try:
                if Path(f"/proc/{pid}/cmdline").read_bytes() == f"helper\0story\0{name}\0".encode():
                    return re.search(r"NSpid:.*\t(\d+)\n", Path(f"/proc/{pid}/status").read_text())[1]
            except (FileNotFoundError, ProcessLookupError):
                pass  # it has just ended
        return None
    return node.wait(find, f"a service with the story of {name}")


def test_a_console_that_nobody_reads(boot):
    """It takes nothing any more: lines are lost and counted, init goes on."""
    node = boot([service("fast", "story", "fast")])
    node.wait_for_story("start fast")
    terminal = node.terminals.pop("console")
    termios.tcflow(terminal.slave, termios.TCOOFF)  # filling buffers takes the kernel a while
    for round_number in range(2, 5):
        node.inside("kill", 9, victim(node, "fast"))
        node.wait(lambda n=round_number: node.story().count("start fast") == n, "fast to be restarted")
    termios.tcflow(terminal.slave, termios.TCOON)
    node.terminals["console"] = terminal
    node.inside("kill", 9, victim(node, "fast"))
    node.wait_for(r"init: \d+ lines lost here")


def test_signals_that_mean_nothing_are_ignored(boot):
    node = boot([service("a", "story", "a")])
    node.wait_for_story("start a")
    meaning = {"SIGTERM", "SIGINT", "SIGUSR1", "SIGUSR2", "SIGCHLD", "SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE",
               "SIGABRT", "SIGSYS", "SIGKILL", "SIGSTOP"}
    for number in signal.Signals:
        if number.name not in meaning:
            node.inside("kill", int(number), 1)
    node.inside("kill", 9, victim(node, "a"))
    node.wait(lambda: node.story().count("start a") == 2, "a to be restarted")
    assert "asked by" not in node.console.text


def asleep_for_ever(pid):
    """Whether the process sleeps in poll(2) without a time-out: nothing but an event wakes it."""
    words = Path(f"/proc/{pid}/syscall").read_text().split()
    return words[0] == SYS_POLL and int(words[3], 16) & 0xFFFFFFFF == 0xFFFFFFFF


def switches(pid):
    status = Path(f"/proc/{pid}/status").read_text()
    return sum(int(n) for n in re.findall(r"ctxt_switches:\s(\d+)", status))


def test_no_idle_wake_ups(boot):
    node = boot([service("store", "touch", "store", "/bin/helper", "/run/store", ready="/run/store"),
                 service("once", "exit", "0", needs=["store"], flags="SERVICE_ONCE"),
                 service("a", "story", "a", needs=["once"])])
    node.wait_for_story("start a")

    def quiet():
        before = switches(node.pid)
        subprocess.run(["sleep", "5"], check=True)  # no such rest for one that wakes up every few seconds
        return asleep_for_ever(node.pid) and switches(node.pid) == before
    node.wait(quiet, "init to sleep without a time-out, and on")  # whoever freezes it wakes it up


def test_no_system_call_allocates_memory(boot, tmp_path):
    """Deaths, restarts and a whole shutdown under strace: no brk, no mmap."""
    node = boot([service("dies", "exit", "1", rest_ms=300), service("a", "story", "a")])
    node.wait_for_story("start a")
    trace = tmp_path / "trace"
    tracer = subprocess.Popen(["strace", "-q", "-o", trace, "-p", str(node.pid)], stderr=subprocess.DEVNULL)
    node.wait(lambda: "TracerPid:\t0\n" not in Path(f"/proc/{node.pid}/status").read_text(), "the tracer")
    node.wait_for("init: dies: started", count=node.says("init: dies: started") + 3)
    node.signal(signal.SIGTERM)
    node.wait_for_end()
    tracer.wait(60)
    calls = set(re.findall(r"^(\w+)\(", trace.read_text(), re.MULTILINE))
    assert {"poll", "wait4", "kill"} <= calls
    assert not calls & {"brk", "mmap", "mremap", "mprotect", "nanosleep", "clock_nanosleep"}
