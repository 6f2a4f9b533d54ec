"""Why tests failed, in so few characters that they fit into the end of a build machine's log: of a failure
its reason, and the most telling lines of what happened meanwhile."""
import re

SIZE = 6000     # characters; some that see a failed run see its last 10 KB
WIDTH = 300     # of a line
IN_FULL = 4     # failures; of more than that the names
AT_THE_END = 25  # lines, as far as they are not routine
LAST = 5        # lines, whatever they are
FOLLOWING = 5   # lines after one that begins a report
INDENT = "    "

TROUBLE = re.compile(r"crash|panic|riple fault|reset|killed|g[ai]ven? up|watchdog|out of memory|fail|lost"
                     r"|cannot|(?<!\b0 )errors?\b|fatal|warning|time.?out|timed out|not done|denied|refused"
                     r"|destroy|fenc|split|Oops|BUG:|Traceback|Sanitizer", re.IGNORECASE)
# What says more in the lines after it.
REPORT = re.compile(r"ERROR: |runtime error:|Traceback|Call Trace|BUG:|CRASH of|panic|Oops|riple fault")
# A kernel's and Xen's own words, while there is no trouble; and what names trouble without having any.
ROUTINE = re.compile(r"\(XEN\) |\[ *\d+\.\d+\] (?!init: )|: started, process |: ready$|: done$")
HARMLESS = re.compile(r"Loglevel|\btest +test_|inconsistent \w+ MTRR|Log-dirty")
# What the lab did, in a story.
ACTION = re.compile(r"^ *[\d.]+  (lab|test|soak) ")
# On the way to a failure, before a line of the source.
PLACE = re.compile(r"\S+:\d+: in ")
# What make adds to a failure, and a sanitizer to a stack.
NOISE = re.compile(r"\s*$|make(\[\d+\])?: (\*\*\* \[.*Error|.*(Entering|Leaving) directory|.*unfinished jobs)"
                   r"|\s*(=>)?0x[0-9a-f]{8,}: |Shadow byte|  [\w -]+: +([0-9a-f]{2} ?)+$")


def clip(line):
    line = line.rstrip()
    return line if len(line) <= WIDTH else line[:WIDTH - 3] + "..."


def shown_size(shown):
    return sum(len(line) + len(INDENT) + 1 for line in shown)


def within(lines, order, size):
    """Those of the line numbers, the first before all others, whose lines have room."""
    chosen = []
    for index in dict.fromkeys(order):
        size -= shown_size([clip(lines[index])])
        if size < 0:
            break
        chosen.append(index)
    return chosen


def pick(lines, order, size):
    """The lines themselves, as they follow each other."""
    return [clip(lines[index]) for index in sorted(within(lines, order, size))]


def trouble(lines):
    """The numbers of lines that tell of trouble, the latest first, each kind once, with their reports."""
    found, kinds = [], set()
    for index in range(len(lines) - 1, -1, -1):
        kind = re.sub(r"[\d\s]+", "N", lines[index])
        if TROUBLE.search(lines[index]) and not HARMLESS.search(lines[index]) and kind not in kinds:
            kinds.add(kind)
            more = FOLLOWING if REPORT.search(lines[index]) else 0
            found += range(index, min(index + more + 1, len(lines)))
    return found


def telling(lines, size):
    """The most telling of the lines: the last ones, earlier trouble, what the lab did."""
    lines = [line for line in lines if not NOISE.match(line)] or lines
    numbers = range(len(lines) - 1, -1, -1)
    bad = trouble(lines)
    known = set(bad)
    rest = [index for index in numbers if index in known or not ROUTINE.search(lines[index])]
    end = [*numbers[:LAST], *rest[:AT_THE_END]]
    actions = [index for index in numbers if ACTION.match(lines[index])]
    return pick(lines, [*within(lines, end, size * 6 // 10), *bad, *end, *actions], size)


def reason(lines, size):
    """pytest's own words for it first, then the places on the way there; all of a short text."""
    said = [index for index, line in enumerate(lines) if line.startswith("E ")]
    if not said:
        return telling(lines, size)
    places = [index for index, line in enumerate(lines) if re.match(r"\S+:\d+: |>|failed on ", line)]
    places += [index + 1 for index in places if PLACE.match(lines[index]) and index + 1 < len(lines)]
    places.sort()
    return pick(lines, [*said[:3], *places[:2], *reversed(places), *said[3:]], size)


def tell(failure, size):
    """A failure in so many characters."""
    head = clip(f"{failure.stage}: {failure.name}")
    size -= len(head) + 2
    why = reason(failure.reason, size * 4 // 10 if failure.story else size)
    lines = [head, *(INDENT + line for line in why)]
    if failure.story:
        title = f"  what happened (of {len(failure.story)} lines):"
        story = telling(failure.story, size - shown_size(why) - len(title) - 1)
        lines += [title, *(INDENT + line for line in story)]
    return "\n".join(lines) + "\n"


def name_others(failures, size):
    """Their names, as far as they have room."""
    if not failures:
        return ""
    names = [f"{failure.stage}: {failure.name}" for failure in failures]
    shown = pick(names, range(len(names)), size)
    if len(shown) < len(names):
        shown.append(f"and {len(names) - len(shown)} more")
    return "\n".join(["and failed:", *(INDENT + line for line in shown)]) + "\n"


def digest(failures, size=SIZE):
    """A text; empty if none failed."""
    others = name_others(failures[IN_FULL:], size // 5)
    left, parts = size - len(others), []
    first = failures[:IN_FULL]
    for number, failure in enumerate(first):
        parts.append(tell(failure, left // (len(first) - number) - 1))
        left -= len(parts[-1]) + 1
    return "\n".join(filter(None, [*parts, others]))
