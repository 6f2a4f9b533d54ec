"""From nothing to running services: mounts, parameters, order, readiness, what a child is given."""
import re
import subprocess
import time

from node import build, service

# Signals 32 to 34 are the C library's: it lets nobody set them, so what the test's own parent has
# ignored stays so. The kernel starts init with none.
MUSLS_OWN = 0x380000000


def mounts_of(node):
    """{target: (type, options)} of the machine."""
    lines = node.read("/proc/1/mounts").splitlines()
    return {target: (kind, options) for _, target, kind, options, *_ in map(str.split, lines)}


def test_mounts_folders_and_links(boot):
    node = boot([service("a", "story", "a")])
    node.wait_for_story("start a")
    mounts = mounts_of(node)
    for target, kind in {"/proc": "proc", "/sys": "sysfs", "/dev/pts": "devpts", "/dev/shm": "tmpfs",
                         "/run": "tmpfs", "/run/relevo": "tmpfs", "/tmp": "tmpfs", "/var": "tmpfs"}.items():
        assert mounts[target][0] == kind
        assert kind != "tmpfs" or {"nosuid", "nodev"} <= set(mounts[target][1].split(","))
    for folder, mode in {"/run/xen": 0o700, "/run/lock": 0o1777, "/var/lib/xen": 0o700, "/tmp": 0o1777,
                         "/var/log": 0o755, "/run/xenstored": 0o755}.items():
        assert node.path(folder).stat().st_mode & 0o7777 == mode, folder
    assert str(node.path("/var/run").readlink()) == "/run"
    assert "cannot" not in node.console.text


def test_what_is_mounted_already_stays(boot):
    node = boot([service("a", "story", "a")], tmpfs={"run": "size=64k"}, texts={"run/mark": "here"})
    node.wait_for_story("start a")
    assert node.read("/run/mark") == "here"
    assert "size=64k" in mounts_of(node)["/run"][1]


def test_hostname_from_the_command_line(boot):
    node = boot([service("a", "pause")], cmdline="quiet hostname=blade7 console=hvc0")
    node.wait_for("a: started")
    node.inside("hostname", "/run/hostname")
    assert node.read("/run/hostname") == "blade7"


def test_no_hostname_is_said_and_does_not_stop_the_boot(boot):
    node = boot([service("a", "pause")], cmdline="hostname=not_valid")
    node.wait_for("hostname=not_valid left out: expected letters, digits, hyphens and dots")
    node.wait_for("no hostname= on the kernel command line: this node is localhost")
    node.wait_for("a: started")


def test_the_incarnation_is_new_at_each_boot(boot):
    names = set()
    for _ in range(3):
        node = boot([service("a", "pause")])
        node.wait_for("a: started")
        names.add(node.read("/run/incarnation"))
        node.wait_for("incarnation " + node.read("/run/incarnation").strip())
    assert len(names) == 3
    assert all(re.fullmatch("[0-9a-f]{16}\n", name) for name in names)


def test_every_line_is_in_the_kernel_log_too(boot):
    node = boot([service("a", "pause")])
    line = node.wait_for(r"\[ *\d+\.\d{6}\] (init: a: started, process \d+)")
    assert "<31>" + line[1] in node.read("/dev/kmsg")


def test_a_long_line_is_cut(boot):
    node = boot([service("a", "pause", path="/bin/" + "x" * 500)])
    line = node.wait_for(r"init: a left out: /bin/x+\.\.\.\r?\n")
    assert len(line[0]) < 330


def test_needs_wait_for_the_ready_path(boot):
    node = boot([service("store", "touch", "store", "/run/go", "/run/store.ready", ready='/run/store.ready'),
                 service("setup", "finish", "setup", "0", "/run/go2", needs=["store"], flags="SERVICE_ONCE"),
                 service("daemon", "story", "daemon", needs=["setup"]),
                 service("free", "story", "free")])
    node.wait_for_story("start store", "start free")
    assert "start setup" not in node.story()
    node.path("/run/go").touch()
    node.wait_for_story("start setup")
    assert "start daemon" not in node.story()
    node.path("/run/go2").touch()
    node.wait_for_story("start daemon")
    assert node.says("init: setup: done") == 1
    order = [node.story().index(line) for line in ("ready store", "start setup", "end setup", "start daemon")]
    assert order == sorted(order)


def test_a_socket_is_ready_when_it_accepts(boot):
    node = boot([service("store", "listen", "store", "/run/go", "/run/socket", ready="/run/socket"),
                 service("user", "story", "user", needs=["store"])])
    node.wait_for_story("bound store")
    node.path("/run/go").touch()
    node.wait_for_story("start user")
    assert node.story() == ["bound store", "ready store", "start user"]


def test_a_need_that_never_gets_ready_delays_but_does_not_prevent(boot):
    node = boot([service("store", "pause", ready="/run/never"),
                 service("user", "story", "user", needs=["store"])], timing={"ready_ms": 300})
    node.wait_for("user: starting without store, which is not ready after 0 s")
    node.wait_for_story("start user")


def test_missing_binaries(boot):
    node = boot([service("gone", path="/bin/gone"),
                 service("vital", path="/bin/vital", flags="SERVICE_VITAL", rest_ms=300),
                 service("not-a-program", path="/run", flags="SERVICE_VITAL"),
                 service("user", "story", "user", needs=["gone"])])
    node.wait_for("gone left out: /bin/gone is missing or not executable")
    node.wait_for(r"vital: cannot execute /bin/vital: No such file or directory \(permanent\); next start in "
                  r"0\.3 s", count=3)
    node.wait_for(r"not-a-program: cannot execute /run: Permission denied \(permanent\)")
    node.wait_for_story("start user")
    helper = node.path("/bin/helper").read_bytes()
    program = node.path("/bin/vital.new")
    program.write_bytes(helper)
    program.chmod(0o755)
    program.rename(node.path("/bin/vital"))
    node.wait_for("vital: ended with status 98")  # it was never given up, and now it runs


def test_conditions(boot):
    node = boot([service("xen", "pause", only_if=["/tmp/capabilities", "control_d"]),
                 service("guest", "pause", only_if=["/tmp/guest", "control_d"]),
                 service("bare", "pause", only_if=["/tmp/none", "control_d"]),
                 service("daemon", "story", "daemon", needs=["guest", "bare"])],
                tmpfs={"tmp": "size=64k"},
                texts={"tmp/capabilities": "control_d\n", "tmp/guest": "\n"})
    node.wait_for("xen: started")
    node.wait_for("guest left out: /tmp/guest does not exist or does not say control_d")
    node.wait_for("bare left out: /tmp/none does not exist or does not say control_d")
    node.wait_for_story("start daemon")


def report(node, path="/run/report"):
    node.wait(lambda: node.path(path).exists(), path)
    return node.read(path)


def test_a_service_gets_a_clean_start(boot):
    node = boot([service("a", "report", "/run/report", oom_score_adj=300)])
    text = report(node)
    assert "sid_is_own=1\n" in text
    assert "policy=0\n" in text
    assert "oom=300\n" in text
    assert "terminal=0\n" in text
    fds = dict(re.findall(r"fd(\d+)=(\S+ nonblock=\d)", text))
    assert fds["0"] == "/dev/null nonblock=0"
    assert fds["1"] == fds["2"]
    assert fds["1"].endswith("nonblock=0") and "null" not in fds["1"]
    assert set(fds) == {"0", "1", "2"}
    assert "LEAK" not in text
    assert "env PATH=/usr/sbin:/usr/bin:/sbin:/bin\n" in text
    for line in ("SigBlk", "SigIgn"):
        signals = int(re.search(rf"{line}:\s([0-9a-f]+)\n", text)[1], 16)
        assert signals & ~MUSLS_OWN == 0, text


def test_round_robin_by_the_raw_call(boot):
    node = boot([service("a", "report", "/run/report", round_robin=42)])
    text = report(node)
    assert "policy=2\n" in text  # SCHED_RR
    assert "priority=42\n" in text


def test_a_priority_that_cannot_be_had_does_not_prevent_the_start(boot):
    node = boot([service("a", "report", "/run/report", round_robin=100)])
    assert "policy=0\n" in report(node)
    node.wait_for("a: no real-time priority: Invalid argument")


def shell(**fields):
    return service("shell", "shell", tty="/dev/console", flags="SERVICE_SHELL | SERVICE_RESCUE",
                   stop_signal="SIGHUP", **fields)


def test_the_console_shell_has_the_terminal_and_comes_back(boot):
    node = boot([shell()])
    first = node.wait_for(r"shell (\d+) terminal=1 foreground=1")
    node.console.write("hello\n")
    node.wait_for("heard hello")
    node.console.write("exit\n")
    node.wait_for("shell: ended with status 0; starting it again")
    second = node.wait_for(r"shell (\d+) terminal=1 foreground=1", count=2)
    assert first[1] != second[1]


def test_shells_on_other_terminals(boot):
    node = boot([shell()], shells=["ttyS1"], cmdline="hostname=a shell=ttyS1 shell=ttyS9")
    node.wait_for(r"shell \d+ terminal=1 foreground=1", terminal="ttyS1")
    node.terminals["ttyS1"].write("hello\n")
    node.wait_for("heard hello", terminal="ttyS1")
    node.wait_for(r"shell-ttyS9: cannot open /dev/ttyS9: No such file or directory \(permanent\)")
    node.wait_for(r"shell \d+ terminal=1 foreground=1")
    assert "init:" not in node.terminals["ttyS1"].text  # undisturbed by our messages


def test_a_terminal_is_not_taken_away_from_its_owner(boot):
    node = boot([shell(), service("thief", "shell", tty="/dev/console", needs=["shell"])])
    owner = node.wait_for(r"shell \d+ terminal=1")  # whichever of the two came first
    node.wait_for(r"(shell|thief): cannot take the terminal /dev/console: Operation not permitted")
    node.console.write("hello\n")
    node.wait_for("heard hello")
    assert node.says(r"shell \d+ terminal=") == 1 and owner


def test_rescue_starts_shells_only(boot):
    node = boot([service("a", "story", "a", flags="SERVICE_VITAL"), shell()], shells=["ttyS1"],
                cmdline="rescue shell=ttyS1")
    node.wait_for("RESCUE: nothing but shells is started; leave with reboot")
    node.wait_for(r"shell \d+ terminal=1")
    node.wait_for(r"shell \d+ terminal=1", terminal="ttyS1")
    assert len(node.children()) == 2
    assert "start a" not in node.story()


def test_a_full_run_does_not_stop_the_boot(boot):
    node = boot([service("a", "pause"), shell()], tmpfs={"run": "size=4k"}, texts={"run/full": "x" * 8192})
    node.wait_for("cannot write /run/incarnation: No space left on device; this node cannot join a cluster")
    node.wait_for("a: started")
    node.console.write("still here\n")
    node.wait_for("heard still here")
    record = node.path("/run/relevo/record")
    record.write_text("has room")
    assert record.read_text() == "has room"


def test_not_as_an_ordinary_process(built):
    program = build(built, [service("a", "pause")], {})
    done = subprocess.run([program], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "init: this is process 1 of a node; it is not started by hand\n"


def test_the_clock_of_lines_is_the_kernels(boot):
    before = time.clock_gettime(time.CLOCK_MONOTONIC)
    node = boot([service("a", "pause")])
    said = float(node.wait_for(r"\[ *(\d+\.\d{6})\] init: a: started")[1])
    assert before <= said <= time.clock_gettime(time.CLOCK_MONOTONIC)
