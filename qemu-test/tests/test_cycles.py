"""Many lives of a guest leave nothing behind: no memory, no descriptors, no entries in xenstore."""
import pytest

from relevolab import watch
from relevolab.clock import now, wait_for
from relevolab.guest import Guest

# Resident size moves by a few pages as heaps settle; a leak of one page per life would still show.
SLACK_KIB = 128
LIST = ("for p in $(ls /proc | grep '^[0-9]*$'); do [ -r /proc/$p/fd ] || continue; "
        "n=$(cat /proc/$p/comm 2>/dev/null) || continue; r=$(sed -n 's/^VmRSS:[^0-9]*//p' /proc/$p/status); "
        "[ -z \"$r\" ] || echo $p $n ${r% kB} $(ls /proc/$p/fd | wc -l); done")
LONG_LIVED = ("init", "xenstored", "xenconsoled", "relevod", "syslogd", "klogd")


def measure(node):
    """{(pid, name): (resident KiB, descriptors)} of the processes that stay, and Xen's own books."""
    table = {}
    for line in node.output(LIST).splitlines():
        fields = line.split()
        if len(fields) == 4 and fields[1] in LONG_LIVED:
            table[fields[0], fields[1]] = (int(fields[2]), int(fields[3]))
    xen = int(node.output("xl info free_memory").split()[-1])
    store = int(node.output("xenstore-ls -f | wc -l"))
    return table, xen, store


def live_and_die(lab, node, guest):
    """An orderly life: stopped by itself, started again, heard."""
    old = watch.wait_alive(lab, guest)
    node.relevo("stop", guest.name)
    watch.wait_state(node, guest, "stopped")
    node.relevo("start", guest.name)
    watch.wait_reborn(lab, guest, old)


def destroy_and_create(_lab, node, guest):
    """A short life: destroyed from outside as soon as it runs, and created again."""
    began = now()
    node.output(f"xl destroy {guest.name}")
    node.wait_line(rf"guest {guest.name}: runs as domain", since=began)
    node.relevo("start", guest.name)  # forgets the failure: it is not to be given up


def find_growth(before, after):
    """What there is more of, or Xen has less of; in words."""
    table_before, xen_before, store_before = before
    table, xen, store = after
    found = [] if set(table) == set(table_before) else ["a service was restarted"]
    for process in table.keys() & table_before.keys():
        resident, descriptors = table_before[process]
        if table[process][0] > resident + SLACK_KIB:
            found.append(f"{process} grew from {resident} to {table[process][0]} KiB")
        if table[process][1] > descriptors:
            found.append(f"{process} holds {table[process][1]} descriptors, {descriptors} before")
    if xen < xen_before - 1:
        found.append(f"Xen has {xen} MiB free, {xen_before} before")
    if store > store_before:
        found.append(f"xenstore has {store} entries, {store_before} before")
    return found


def check_growth(lab, node, guest, life, cycles):
    for _ in range(5):
        life(lab, node, guest)
    watch.wait_alive(lab, guest)
    before = measure(node)
    for count in range(cycles):
        if count % 100 == 0:  # so that a run which is cut short tells something, too
            print(f"after {count} lives: {measure(node)}", flush=True)
        life(lab, node, guest)
    watch.wait_alive(lab, guest)
    found = []

    def is_gone():  # what a worker still holds, or Xen still wipes
        found[:] = find_growth(before, measure(node))
        return not found

    wait_for(is_gone, lambda: f"growth to be gone: {'; '.join(found)}", 60, every=1)


def test_no_growth(lab, shared):
    check_growth(lab, shared, shared.guests["pv-file"], live_and_die, 15)


@pytest.mark.long
def test_no_growth_in_a_thousand_lives(lab, blade):
    guest = Guest("mayfly", 34, boot="disk", keys=['home = "blade-cycles"'])
    node = blade("blade-cycles", [guest])
    watch.wait_alive(lab, guest, since=0)
    check_growth(lab, node, guest, destroy_and_create, 1000)
