"""The judge of diaries: it must see every fault it claims to look for."""
from dataclasses import replace

import pytest

from relevolab import disk, records
from relevolab.heartbeat import Beat
from relevolab.records import BEAT, BOOT, POWEROFF, Record

SLOTS = 64


def history(*boots):
    """Records of (boot id, how many) runs, a fifth of a second apart."""
    made = []
    for boot, count in boots:
        for index in range(count):
            made.append(Record(len(made) + 1, boot, 1000 + len(made) / 5, index / 5,
                               BEAT if index else BOOT, "web1"))
    return made


def ring(made):
    slots = [bytes(512)] * SLOTS
    for record in made:
        slots[record.number % SLOTS] = records.encode(record)
    return slots


def faults(made):
    return " | ".join(records.judge(ring(made)).faults)


def test_empty_and_clean():
    assert records.judge(ring([])).last is None
    diary = records.judge(ring(history((7, 10), (8, 5))))
    assert not diary.faults
    assert diary.boots() == [7, 8]
    assert diary.last.number == 15


def test_overwritten_ring_is_clean():
    diary = records.judge(ring(history((7, 3 * SLOTS + 5))))
    assert not diary.faults
    assert len(diary.records) == SLOTS


def test_lost_record():
    made = history((7, 20))
    del made[9]
    assert "records 10 to 10 are lost" in faults(made)


def test_lost_beginning():
    assert "records 1 to 3 are lost" in faults(history((7, 20))[3:])
    made = history((7, SLOTS + 20))
    assert "records 21 to 22 are lost" in " ".join(
        records.judge([bytes(512) if at in (21, 22) else slot for at, slot in enumerate(ring(made))]).faults)


def test_damage():
    slots = ring(history((7, 20)))
    slots[5] = slots[5][:100] + b"!" + slots[5][101:]
    assert "slot 5 is damaged" in records.judge(slots).faults


def test_wrong_place():
    slots = ring(history((7, 20)))
    slots[40] = slots[5]
    assert any("belongs elsewhere" in fault for fault in records.judge(slots).faults)


def test_two_writers():
    made = history((7, 20))
    made[10] = replace(made[10], boot=8, kind=BOOT)
    assert "two writers" in faults(made)


def test_time_going_back():
    made = history((7, 20))
    made[10] = replace(made[10], uptime=0.1)
    assert "older than the one before" in faults(made)


def test_life_after_the_end():
    made = history((7, 20))
    made[10] = replace(made[10], kind=POWEROFF)
    assert "had said it was finished" in faults(made)


def test_gaps():
    made = history((7, 10), (8, 10))
    late = [replace(record, wall=record.wall + 30) if record.boot == 8 else record for record in made]
    diary = records.judge(ring(late))
    assert [(before.number, round(seconds)) for before, seconds in diary.gaps(5)] == [(10, 30)]
    assert not records.judge(ring(made)).gaps(5)


def beats(*told):
    """Heartbeats of (boot id, last durable record)."""
    return [Beat(1000 + n, "web1", f"{boot:016x}", n, float(n), durable, "ok")
            for n, (boot, durable) in enumerate(told)]


def test_two_instances_that_are_heard():
    diary = records.judge(ring(history((7, 10), (8, 10))))
    assert not records.overlaps(diary, beats((7, 3), (7, 9), (8, 10), (8, 19)))
    assert "two instances" in records.overlaps(diary, beats((7, 3), (8, 10), (7, 9)))[0]
    assert "wrote as" in records.overlaps(diary, beats((8, 3), (7, 9)))[0]


def test_durable_records_that_are_gone():
    diary = records.judge(ring(history((7, 10), (8, 10))))
    # What a boot tells first is what it has found.
    assert not records.missing(diary, beats((6, 0), (7, 0), (7, 10), (8, 10), (8, 20), (9, 20)))
    assert "the disk ends at" in records.missing(diary, beats((8, 21)))[0]
    assert "boot 0000000000000008 wrote another" in records.missing(diary, beats((7, 11)))[0]
    wrapped = records.judge(ring(history((7, 10), (8, 2 * SLOTS))))
    assert not records.missing(wrapped, beats((7, 10), (8, 2 * SLOTS)))


def test_a_diary_is_shown_in_a_sentence():
    diary = records.judge(ring(history((7, 10), (0xabc, 5))))
    assert repr(diary) == ("<Diary: 15 records; boot 0000000000000007 1 to 10, up 0.0 to 1.8 s, "
                           "00:16:40 to 00:16:41; boot 0000000000000abc 11 to 15, up 0.0 to 0.8 s, "
                           "00:16:42 to 00:16:42; no faults>")
    assert repr(diary.boots()) == "[0000000000000007, 0000000000000abc]"
    made = history((7, 20))
    del made[9]
    assert repr(records.judge(ring(made))).endswith("; records 10 to 10 are lost>")
    assert repr(records.judge(ring([]))) == "<Diary: 0 records; no faults>"


def test_a_long_diary_is_shown_in_short():
    made = [replace(record, number=record.number + 2 * n)
            for n, record in enumerate(history(*((boot, 1) for boot in range(1, 20))))]
    shown = repr(records.judge(ring(made)))
    assert "(13 more)" in shown and "boot 0000000000000013 55 to 55" in shown
    assert len(shown) < 1000


def test_reads_the_partition(tmp_path):
    image = disk.make(tmp_path / "disk.img", root_mib=1, raw_mib=1)
    start, size = disk.partition(image, 2)
    assert size == 1 << 20
    with open(image, "r+b") as out:
        for record in history((7, 3)):
            out.seek(start + record.number * 512)
            out.write(records.encode(record))
    assert records.read(image).last.number == 3


def test_a_disk_without_partitions(tmp_path):
    (tmp_path / "empty.img").write_bytes(bytes(4096))
    with pytest.raises(ValueError, match="no partition table"):
        records.read(tmp_path / "empty.img")
