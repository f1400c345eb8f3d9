"""The journal: what was acknowledged comes back, what is damaged is noticed."""

import math
import os
import shutil
import signal
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runners.journal import FILE, LOCK, Journal, read
from runners.records import FORMAT, Header, Note, Pruning, Record, Retried, SearchEnd, Stopped, decode, encode
from search.history import History
from search.trial import Asked, Done, Event, Failed, Given, Pruned, Reported
from spaces.errors import BadInput

HEADER = Header("demo", "0123abcd", 7, {"scalesearch": "0.1.0"}, created=1.5)
RECORDS: list[Record] = [
    Asked(0, {"n": 1e9, "layers": 12, "kind": "gelu \u2713", "tied": True, "rank": None}),
    Done(0, 2.5, {"loss": 2.5, "flops": 1e21}, started=10.0, ended=11.25, worker="host:17"),
    Asked(1, {"n": -0.0}),
    Retried(1, "crashed", "killed by signal 9", 11.5, 11.75, "host:18"),
    Note("ended after 2 trials: every configuration has been asked"),
    Failed(1, "ValueError: no\nnumber"),
    SearchEnd("c=1e21", {"best": 1.0, "config": {"n": 1e9}}, started=1.0),
    Asked(2, {"n": 3.0}),
    Reported(2, 100.0, 3.5, at=12.5),
    Pruning(2, "3.5 by step 100, above the median 3.25", 100.0, 3.5, 3.0),
    Pruned(2, "3.5 by step 100, above the median 3.25", 100.0, 3.5, 3.0, 12.0, 12.75, "host:17"),
]
GOLDEN = Path(__file__).resolve().parents[1] / "golden"

scalars = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
events = st.one_of(
    st.builds(Asked, st.integers(0), st.dictionaries(st.text(), scalars, max_size=4)),
    st.builds(Done, st.integers(0), st.floats(allow_nan=False, allow_infinity=False)),
    st.builds(Done, st.integers(0), values=st.tuples(st.floats(-1e300, 1e300), st.just(-0.0))),
    st.builds(Failed, st.integers(0), st.text()),
    st.builds(Reported, st.integers(0), st.floats(0, 1e300), st.floats(-1e300, 1e300)),
)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a journal with every kind of record."""
    folder = tmp_path_factory.mktemp("written")
    with Journal.open(folder, HEADER) as journal:
        for record in RECORDS:
            journal.append(record)
    return (folder / FILE).read_bytes()


def folder_with(data: bytes, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / FILE).write_bytes(data)
    return folder


def test_what_was_appended_comes_back_in_order(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "new" / "job", HEADER) as journal:
        assert journal.events == []
        assert journal.header == HEADER
        journal.append(*RECORDS[:3])
        journal.append(*RECORDS[3:])
    contents = read(tmp_path / "new" / "job")
    assert contents.header == HEADER
    assert contents.records == RECORDS
    assert contents.torn == 0
    with Journal.open(tmp_path / "new" / "job", HEADER) as journal:
        assert journal.events == [RECORDS[n] for n in (0, 1, 2, 5, 7, 8, 10)]
        assert len(History(journal.events)) == 3


@given(events)
def test_a_record_survives_the_round_trip_in_value_and_type(event: Asked | Done | Failed) -> None:
    line = encode(event)
    again = decode(line[:-1])
    assert line.index(b"\n") == len(line) - 1
    assert again == event
    assert repr(again) == repr(event)


def test_the_values_of_several_objectives_are_a_list() -> None:
    line = b'{"crc":"38bdbbd3","record":{"kind":"done","number":3,"metrics":{},"values":[1.5,-0.0]}}'
    assert encode(Done(3, values=(1.5, -0.0))) == line + b"\n"
    assert decode(line) == Done(3, values=(1.5, -0.0))


@pytest.mark.parametrize(
    ("record", "body"),
    [
        (
            Given(-1, {"n": 1e9}, "a/b"),
            '"kind":"given","number":-1,"config":{"n":1000000000.0},"source":"a/b"',
        ),
        (Asked(0, {}, "host:7"), '"kind":"asked","number":0,"config":{},"worker":"host:7"'),
        (Asked(0, {}, cost=0.25), '"kind":"asked","number":0,"config":{},"cost":0.25'),
        (Stopped("value=1.0", "reached"), '"kind":"stopped","rule":"value=1.0","text":"reached"'),
    ],
)
def test_what_formats_3_and_4_brought_is_written_so(record: Record, body: str) -> None:
    line = encode(record)
    assert line.endswith(b'"record":{%s}}\n' % body.encode())
    assert decode(line[:-1]) == record


def test_the_format_is_the_golden_one(written: bytes) -> None:
    assert written == (GOLDEN / f"journal-v{FORMAT}" / FILE).read_bytes()


def test_every_format_has_its_golden_journal() -> None:
    assert {path.name for path in GOLDEN.glob("journal-v*")} == {f"journal-v{n + 1}" for n in range(FORMAT)}


@pytest.mark.parametrize("folder", sorted(GOLDEN.glob("journal-v*")), ids=lambda folder: folder.name)
def test_a_journal_of_any_format_loads_and_is_gone_on_with(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "job")
    contents = read(tmp_path / "job")
    assert contents.header == HEADER
    expected = RECORDS[:7] if folder.name in ("journal-v1", "journal-v2") else RECORDS
    assert contents.events == [each for each in expected if isinstance(each, Event)]
    assert contents.records[-1] == expected[-1]
    with Journal.open(tmp_path / "job", HEADER) as journal:
        journal.append(Asked(3, {"n": 1.0}))
    assert History(read(tmp_path / "job").events).next_number == 4


def test_truncation_at_every_byte_keeps_exactly_the_whole_records(written: bytes, tmp_path: Path) -> None:
    ends = [end for end in range(len(written)) if written[end : end + 1] == b"\n"]
    for size in range(len(written) + 1):
        folder = folder_with(written[:size], tmp_path / "job")
        whole = sum(end <= size for end in ends)
        contents = read(folder)
        assert contents.records == RECORDS[: max(whole - 1, 0)], size
        assert (contents.header is None) == (whole == 0)


@pytest.mark.parametrize("missing", [1, 2, 20])
def test_a_torn_tail_is_repaired_said_so_and_written_over(
    written: bytes, tmp_path: Path, missing: int, caplog: pytest.LogCaptureFixture
) -> None:
    folder = folder_with(written[:-missing], tmp_path / "job")
    kept = RECORDS if missing == 1 else RECORDS[:-1]
    with Journal.open(folder, HEADER) as journal:
        assert journal.records == kept
        journal.append(Note("after the repair"))
    assert read(folder).records == [*kept, Note("after the repair")]
    assert ("cut short" in caplog.text) == (missing > 1)


def test_a_torn_header_begins_the_journal_anew(written: bytes, tmp_path: Path) -> None:
    folder = folder_with(written[:30], tmp_path / "job")
    with Journal.open(folder, HEADER) as journal:
        journal.append(*RECORDS)
    assert (folder / FILE).read_bytes() == written


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_flipped_bit_anywhere_is_noticed(written: bytes, tmp_path: Path, data: st.DataObject) -> None:
    bit = data.draw(st.integers(0, 8 * len(written) - 1))
    flipped = bytearray(written)
    flipped[bit // 8] ^= 1 << bit % 8
    folder = folder_with(bytes(flipped), tmp_path / "job")
    with pytest.raises(BadInput, match="damage at line"):
        read(folder)


def test_damage_in_the_middle_stops_and_changes_nothing(written: bytes, tmp_path: Path) -> None:
    lines = written.splitlines(keepends=True)
    damaged = b"".join([*lines[:3], lines[3].replace(b"n", b"m", 1), *lines[4:]])
    folder = folder_with(damaged, tmp_path / "job")
    with pytest.raises(BadInput, match="damage at line 4"):
        Journal.open(folder, HEADER)
    assert (folder / FILE).read_bytes() == damaged
    assert not (folder / LOCK).exists()


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_none_is_refused_and_nothing_is_written(tmp_path: Path, value: float) -> None:
    with Journal.open(tmp_path, HEADER) as journal:
        before = (tmp_path / FILE).read_bytes()
        with pytest.raises(ValueError, match="not JSON compliant"):
            journal.append(RECORDS[0], Done(0, value))
        assert (tmp_path / FILE).read_bytes() == before
        journal.append(RECORDS[0])


def test_another_job_may_not_continue_a_journal(tmp_path: Path) -> None:
    Journal.open(tmp_path, HEADER).close()
    with pytest.raises(BadInput, match="hash 0123abcd"):
        Journal.open(tmp_path, Header("demo", "another", 7))
    Journal.open(tmp_path, HEADER).close()


def test_going_on_with_other_versions_leaves_a_note(tmp_path: Path) -> None:
    Journal.open(tmp_path, HEADER).close()
    Journal.open(tmp_path, Header("demo", "0123abcd", 7, {"scalesearch": "0.2.0"})).close()
    assert read(tmp_path).records == [Note("continued with scalesearch 0.2.0")]


def test_a_journal_of_a_newer_format_is_refused(tmp_path: Path) -> None:
    line = encode(HEADER)
    body = line[27:-2].replace(b'"format":%d' % FORMAT, b'"format":99')
    folder_with(b'{"crc":"%08x","record":%s}\n' % (zlib.crc32(body), body), tmp_path / "job")
    with pytest.raises(BadInput, match="newer program"):
        read(tmp_path / "job")


def test_a_reader_beside_the_writer_sees_what_is_acknowledged(tmp_path: Path) -> None:
    with Journal.open(tmp_path, HEADER) as journal:
        journal.append(RECORDS[0])
        assert read(tmp_path).events == [RECORDS[0]]
        with open(tmp_path / FILE, "ab") as half_written:
            half_written.write(encode(RECORDS[1])[:-7])
        assert read(tmp_path).events == [RECORDS[0]]


def test_reading_where_there_is_no_journal_names_the_folder(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=str(tmp_path)):
        read(tmp_path)


def test_a_failed_write_closes_the_journal_and_loses_nothing_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal.open(tmp_path, HEADER)
    journal.append(RECORDS[0])
    real = os.write

    def full_disk(descriptor: int, data: bytes) -> int:
        real(descriptor, data[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full_disk)
    with pytest.raises(OSError, match="No space left"):
        journal.append(RECORDS[1])
    monkeypatch.undo()
    with pytest.raises(ValueError, match="is closed"):
        journal.append(RECORDS[1])
    with Journal.open(tmp_path, HEADER) as again:
        assert again.records == [RECORDS[0]]


WRITER = """
import sys
import zlib
from pathlib import Path
from runners.journal import Journal
from runners.records import Header
from search.trial import Asked

journal = Journal.open(Path(sys.argv[1]), Header("demo", "0123abcd", 7))
number = len(journal.events)
while True:
    journal.append(Asked(number, {"n": float(number)}))
    print(number, flush=True)
    number += 1
"""


def test_killing_the_writer_loses_no_acknowledged_record(tmp_path: Path) -> None:
    acknowledged = -1
    for kill in range(3):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        for _ in range(40 + 13 * kill):
            acknowledged = int(writer.stdout.readline())
        writer.send_signal(signal.SIGKILL)
        acknowledged = int((writer.stdout.read().split() or [str(acknowledged)])[-1])
        writer.stdout.close()
        writer.wait()
        numbers = [event.number for event in read(tmp_path).events]
        assert numbers == list(range(len(numbers)))
        assert len(numbers) > acknowledged


def test_a_copied_journal_is_all_a_reader_needs(written: bytes, tmp_path: Path) -> None:
    source = folder_with(written, tmp_path / "source")
    shutil.copytree(source, tmp_path / "copy")
    assert read(tmp_path / "copy") == read(source)
