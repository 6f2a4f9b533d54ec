"""The control socket and the relevo command."""
import json
import socket
import stat

from world import until


def ready(world):
    world.start()
    until(world.status, "relevod answers")


def test_the_socket_is_for_its_owner_only(world):
    ready(world)
    assert stat.S_IMODE((world.run / "control").stat().st_mode) == 0o600


def test_exit_codes(world):
    assert world.command("status").returncode == 3
    ready(world)
    assert world.command("status").returncode == 0
    assert world.command("start", "nobody").returncode == 1
    assert world.command("start", "nobody").stderr == "relevo: guest nobody: not known here\n"
    assert world.command("start").returncode == 2
    assert world.command("dance").returncode == 2
    assert world.command("start", "../x").returncode == 1


def test_unknown_and_broken_requests_get_an_error(world):
    ready(world)
    for request in (b"dance\n", b"\n", b"status now\n", b"a\0b\n", b"x" * 1024, b"\xff\xfe\n"):
        reply = json.loads(world.ask(request))
        assert reply["ok"] is False and reply["error"]


def test_a_request_of_the_limit_is_read_and_one_more_is_not(world):
    ready(world)
    name = "n" * (1024 - len("start \n"))
    assert json.loads(world.ask(f"start {name}\n".encode()))["ok"] is False  # whole, and a bad name
    assert json.loads(world.ask(f"start {name}x\n".encode()[:1024]))["ok"] is False


def test_silent_clients_do_not_keep_others_out(world):
    ready(world)
    silent = []
    for _ in range(40):  # more than there are places
        s = socket.socket(socket.AF_UNIX)
        s.setblocking(False)
        try:
            s.connect(str(world.run / "control"))
        except BlockingIOError:
            pass
        silent.append(s)
    until(world.status, "silent clients are hung up on")
    for s in silent:
        s.close()


def test_status_as_text_fits_eighty_columns(world):
    world.guest("web")
    world.guest("a-guest-with-a-long-name", "vcpus = 4")
    world.start()
    world.until_state("web", "running")
    world.until_state("a-guest-with-a-long-name", "running")
    world.destroy(world.running("web")[0])
    until(lambda: world.running("web"), "back")
    world.until_state("web", "running")
    text = world.command("status").stdout
    assert all(len(line) <= 80 for line in text.splitlines()), text
    assert text.startswith("n1: 2 of 2 guests running\n")


def test_configuration_errors_are_in_status(world):
    world.guest("web", "usb = 1")
    world.start()
    status = until(world.status, "relevod answers")
    assert status["errors"] == ["guests/web.cfg:5: usb: not supported; expected a key of relevo-guest(5)"]
    assert world.guest_status("web")["state"] == "broken"
    assert world.command("start", "web").returncode == 1
