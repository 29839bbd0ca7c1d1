"""The raw log: one line a message whichever way the bytes come, no secret in it, and a full disk ends no session."""

import errno
import logging
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.clock import SECOND
from barterpy.errors import ConfigurationError
from barterpy.protocols.fix.log import FileLog, LineSplitter, mask
from barterpy.protocols.fix.tags import SECRET_TAGS

AT = 1_767_225_600 * SECOND + 123_456_789
STAMP = b"20260101-00:00:00.123456789"
LOGON = b"8=FIX.4.4\x019=99\x0135=A\x0195=5\x0196=ab\x01c=\x01553=user\x01554=word\x0110=123\x01"
ORDER = b"8=FIX.4.4\x019=12\x0135=D\x0111=A\x0158=two\nlines\r\x0110=001\x01"


def names(path: Path) -> list[str]:
    return sorted(one.name for one in path.iterdir())


def test_secrets_are_masked_whatever_is_in_them() -> None:
    masked = mask(LOGON)
    assert masked == b"8=FIX.4.4\x019=99\x0135=A\x0195=5\x0196=REDACTED\x01553=REDACTED\x01554=REDACTED\x0110=123\x01"
    assert mask(ORDER) == ORDER


@pytest.mark.parametrize("tag", sorted(SECRET_TAGS))
def test_each_secret_tag_is_masked_first_in_the_middle_and_last(tag: int) -> None:
    for message in (b"%d=hidden\x0135=A\x01", b"8=F\x01%d=hidden\x0110=1\x01", b"8=F\x01%d=hidden"):
        assert b"hidden" not in mask(message % tag)
    assert mask(b"8=F\x011%d=shown\x01" % tag) == b"8=F\x011%d=shown\x01" % tag


def test_a_length_beyond_the_message_hides_the_rest_and_a_length_of_letters_none_of_it() -> None:
    assert mask(b"35=A\x0195=999\x0196=abc\x0158=x\x01") == b"35=A\x0195=999\x0196=REDACTED"
    assert mask(b"35=A\x0195=x\x0196=abc\x0158=x\x01") == b"35=A\x0195=x\x0196=REDACTED\x0158=x\x01"


@given(st.lists(st.sampled_from([LOGON, ORDER, b"garbage", b"8=FIX.4.4\x019=5\x01"]), max_size=8), st.data())
def test_lines_do_not_depend_on_how_the_bytes_come(parts: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(parts)
    whole = LineSplitter()
    wanted = [*whole.feed(stream), whole.rest()]
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)))))
    pieces = LineSplitter()
    found = [
        line
        for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)
        for line in pieces.feed(stream[start:end])
    ]
    assert [*found, pieces.rest()] == wanted
    assert b"".join(wanted) == stream


def test_a_stream_without_an_end_is_not_held_back_for_ever() -> None:
    splitter = LineSplitter()
    assert splitter.feed(b"x" * 60_000) == []
    assert splitter.feed(b"x" * 6_000) == [b"x" * 66_000]


@pytest.mark.anyio
async def test_lines_of_both_directions(tmp_path: Path) -> None:
    log = FileLog(tmp_path / "deep" / "fix.log")
    log.received(LOGON + ORDER[:10], AT)
    log.sent(ORDER + ORDER, AT + 1)
    log.received(ORDER[10:] + b"half", AT)
    log.note("logged\non", AT)
    await log.relieve()
    await log.aclose()
    shown = ORDER.replace(b"\n", b"\\n").replace(b"\r", b"\\r")
    later = STAMP[:-2] + b"90"
    assert (tmp_path / "deep" / "fix.log").read_bytes().splitlines() == [
        STAMP + b" < " + mask(LOGON),
        *[later + b" > " + shown] * 2,
        STAMP + b" < " + shown,
        STAMP + b" < half",
        STAMP + b" * logged\\non",
    ]


@pytest.mark.anyio
async def test_a_log_goes_on_where_it_ended(tmp_path: Path) -> None:
    for text in ("one", "two"):
        log = FileLog(tmp_path / "a")
        log.note(text, AT)
        await log.aclose()
        await log.aclose()
    assert (tmp_path / "a").read_bytes().splitlines() == [STAMP + b" * one", STAMP + b" * two"]


@pytest.mark.anyio
async def test_a_full_file_is_put_aside(tmp_path: Path) -> None:
    log = FileLog(tmp_path / "a", max_size=10, keep=2)
    for number in range(5):
        log.note(str(number), AT)
        await log.relieve()
    await log.aclose()
    assert names(tmp_path) == ["a", "a.1", "a.2"]
    assert [(tmp_path / name).read_bytes()[-2:-1] for name in ("a", "a.1", "a.2")] == [b"4", b"3", b"2"]


@pytest.mark.anyio
async def test_nothing_is_put_aside_if_nothing_is_to_stay(tmp_path: Path) -> None:
    log = FileLog(tmp_path / "a", max_size=10, keep=0)
    for number in range(3):
        log.note(str(number), AT)
        await log.relieve()
    await log.aclose()
    assert names(tmp_path) == ["a"]
    assert (tmp_path / "a").read_bytes() == STAMP + b" * 2\n"


@pytest.mark.anyio
async def test_a_full_disk_drops_lines_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    log = FileLog(tmp_path / "a")
    log.note("before", AT)
    await log.relieve()

    def full(descriptor: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched, caplog.at_level(logging.WARNING):
        patched.setattr(os, "write", full)
        for _ in range(3):
            log.note("lost", AT)
            await log.relieve()
    assert log.dropped == 3
    assert len(caplog.records) == 1
    log.note("behind", AT)
    await log.aclose()
    assert (tmp_path / "a").read_bytes().splitlines() == [
        STAMP + b" * before",
        b"* 3 lines could not be written",
        STAMP + b" * behind",
    ]


@pytest.mark.anyio
async def test_a_place_where_nothing_can_be_written(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "a").mkdir()
    log = FileLog(tmp_path / "a")
    log.note("lost", AT)
    with caplog.at_level(logging.WARNING):
        await log.aclose()
    assert log.dropped == 1
    assert "cannot be written" in caplog.text


@pytest.mark.parametrize(("size", "keep"), [(0, 1), (1, -1)])
def test_limits_that_are_none(size: int, keep: int, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        FileLog(tmp_path / "a", max_size=size, keep=keep)
