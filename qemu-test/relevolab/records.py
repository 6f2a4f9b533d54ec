"""Reads a guest's diary (the format is in qemu-test/guest/record.h) and judges it.

What must hold, whatever was killed when: the numbers are gapless, each boot's records form one
run, time never goes back within a boot, and every record the guest reported as durable is there."""
import itertools
import struct
import time
import zlib
from dataclasses import dataclass, field

from . import disk

SIZE = 512
MAGIC = b"RLVDIARY"
LAYOUT = struct.Struct("<8sQQQQI64s")
BOOT, BEAT, POWEROFF, REBOOT = 1, 2, 3, 4
SHOWN = 6  # boots and faults of a diary, where it is shown in a test's report


class BootId(int):
    """A boot's id. Shown as heartbeats tell it."""

    def __repr__(self):
        return f"{self:016x}"


@dataclass(frozen=True)
class Record:
    number: int
    boot: BootId
    wall: float    # seconds since 1970, the guest's clock
    uptime: float  # seconds since that boot
    kind: int
    name: str


def encode(record):
    """The 512 bytes of a record, as the agent writes them."""
    body = LAYOUT.pack(MAGIC, record.number, record.boot, round(record.wall * 1e9),
                       round(record.uptime * 1e9), record.kind, record.name.encode())
    body = body.ljust(SIZE - 4, b"\0")
    return body + struct.pack("<I", zlib.crc32(body))


def decode(slot):
    """The record in a slot; None if it was never written; ValueError if it is damaged."""
    if slot == bytes(SIZE):
        return None
    magic, number, boot, wall, uptime, kind, name = LAYOUT.unpack_from(slot)
    if magic != MAGIC or zlib.crc32(slot[:-4]) != struct.unpack_from("<I", slot, SIZE - 4)[0]:
        raise ValueError("damaged")
    return Record(number, BootId(boot), wall / 1e9, uptime / 1e9, kind, name.rstrip(b"\0").decode())


@dataclass(repr=False)
class Diary:
    records: list = field(default_factory=list)
    faults: list = field(default_factory=list)  # sentences; none means that everything held

    def __repr__(self):
        """What its reader wants to know first: a test's report has it in full, several times."""
        runs = itertools.groupby(self.records, lambda record: record.boot)
        boots = [describe(list(run)) for _, run in runs]
        said = [f"{len(self.records)} records", *shorten(boots), *shorten(self.faults)]
        return f"<Diary: {'; '.join(said)}{'' if self.faults else '; no faults'}>"

    @property
    def last(self):
        return self.records[-1] if self.records else None

    def boots(self):
        """The boot ids in the order of their first record."""
        return list(dict.fromkeys(record.boot for record in self.records))

    def gaps(self, longer_than, since=0.0):
        """[(record before, seconds)] where the wall clock shows nothing was written."""
        pairs = zip(self.records, self.records[1:])
        return [(before, after.wall - before.wall) for before, after in pairs
                if after.wall - before.wall > longer_than and after.wall >= since]


def describe(run):
    """A sentence on neighbouring records of one boot."""
    first, last = run[0], run[-1]
    begin, end = (time.strftime("%H:%M:%S", time.gmtime(record.wall)) for record in (first, last))
    return (f"boot {first.boot:016x} {first.number} to {last.number}, "
            f"up {first.uptime:.1f} to {last.uptime:.1f} s, {begin} to {end}")


def shorten(sentences):
    """The first and the last of them."""
    if len(sentences) <= SHOWN:
        return sentences
    half = SHOWN // 2
    return [*sentences[:half], f"({len(sentences) - 2 * half} more)", *sentences[-half:]]


def judge(slots):
    """A Diary from all slots of the ring, in their order on disk."""
    diary = Diary()
    for index, slot in enumerate(slots):
        try:
            record = decode(slot)
        except ValueError:
            diary.faults.append(f"slot {index} is damaged")
            continue
        if record and record.number % len(slots) != index:
            diary.faults.append(f"slot {index} holds record {record.number}, which belongs elsewhere")
        if record:
            diary.records.append(record)
    diary.records.sort(key=lambda record: record.number)
    if diary.records:
        oldest = max(1, diary.last.number - len(slots) + 1)  # the ring has overwritten those before
        if diary.records[0].number > oldest:
            diary.faults.append(f"records {oldest} to {diary.records[0].number - 1} are lost")
    seen = set()
    for before, after in zip([None, *diary.records], diary.records):
        diary.faults += _step(before, after, seen)
        seen.add(after.boot)
    return diary


def _step(before, after, seen):
    """What is wrong between two neighbours."""
    if before is None:
        return
    if after.number != before.number + 1:
        yield f"records {before.number + 1} to {after.number - 1} are lost"
    if after.boot == before.boot:
        if after.uptime < before.uptime:
            yield f"record {after.number} is older than the one before it"
        if before.kind in (POWEROFF, REBOOT):
            yield f"record {after.number} was written after the guest had said it was finished"
        return
    if after.boot in seen:
        yield f"record {after.number} is from an earlier boot: two writers at once"
    if after.kind != BOOT and after.number == before.number + 1:
        yield f"record {after.number} begins a boot without saying so"


def overlaps(diary, beats):
    """Sentences: which of the boots that were heard ran at the same time, or wrote in another order."""
    heard = []
    for beat in beats:
        if heard and heard[-1] == beat.boot:
            continue
        if beat.boot in heard:
            return [f"boot {beat.boot} was heard after boot {heard[-1]}: two instances at once"]
        heard.append(beat.boot)
    written = [f"{boot:016x}" for boot in diary.boots()]
    if [boot for boot in written if boot in heard] != [boot for boot in heard if boot in written]:
        return [f"boots were heard as {heard}, and wrote as {written}"]
    return []


def missing(diary, beats):
    """Sentences that say what was told as durable, and is not there or was written over by a later boot."""
    durable = {}
    for beat in beats:
        durable[beat.boot] = max(beat.durable, durable.get(beat.boot, 0))
    order = {boot: place for place, boot in enumerate(diary.boots())}
    writer = {record.number: record.boot for record in diary.records}
    faults = []
    for boot, number in durable.items():
        if number and (not diary.last or diary.last.number < number):
            faults.append(f"boot {boot}: record {number} was durable, the disk ends at {diary.last}")
        elif number in writer and order[writer[number]] > order.get(int(boot, 16), len(order)):
            faults.append(f"boot {boot}: record {number} was durable, "
                          f"boot {writer[number]:016x} wrote another")
    return faults


def read(path, number=2):
    """The diary on partition `number` of an image (0: the whole image)."""
    start, size = disk.partition(path, number) if number else (0, None)
    with open(path, "rb") as image:
        image.seek(start)
        data = image.read(size) if size else image.read()
    return judge([data[at:at + SIZE] for at in range(0, len(data) - SIZE + 1, SIZE)])
