"""Bodies, decompressed within a bound, however they are cut."""

import gzip
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.errors import LimitExceeded, ProtocolError
from barterpy.protocols.http.inflate import BodyDecoder


def decode(data: bytes, size: int, encoding: str | None = "gzip", limit: int = 10_000) -> bytes:
    decoder = BodyDecoder(encoding, limit)
    for start in range(0, len(data), size):
        decoder.feed(data[start : start + size])
    return decoder.finish()


@pytest.mark.parametrize("size", [1, 7, 100_000])
@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(gzip.compress(b"abc" * 100), b"abc" * 100, id="one-member"),
        pytest.param(gzip.compress(b"ab") + gzip.compress(b"") + gzip.compress(b"c"), b"abc", id="members"),
        pytest.param(gzip.compress(b"ab") + bytes(20), b"ab", id="padding"),
        pytest.param(gzip.compress(b"ab") + bytes(20) + gzip.compress(b"c"), b"abc", id="padding-between"),
        pytest.param(b"", b"", id="nothing"),
    ],
)
def test_gzip(data: bytes, expected: bytes, size: int) -> None:
    assert decode(data, size) == expected


@given(st.binary(max_size=2000), st.integers(1, 50))
def test_gzip_is_read_back(data: bytes, size: int) -> None:
    assert decode(gzip.compress(data), size) == data
    assert decode(data, size, None) == data


@given(st.binary(max_size=200), st.integers(1, 50))
def test_any_bytes_are_a_body_or_an_error_of_ours(data: bytes, size: int) -> None:
    for start in (b"", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"):
        with suppress(ProtocolError):
            assert isinstance(decode(start + data, size), bytes)


@pytest.mark.parametrize("size", [1, 100_000])
@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", " GZIP ", None, "identity"])
def test_limit_is_on_what_comes_out(encoding: str | None, size: int) -> None:
    packed = encoding is not None and "gzip" in encoding.lower()
    for length, fits in ((1000, True), (1001, False)):
        data = gzip.compress(bytes(length)) if packed else bytes(length)
        if fits:
            assert len(decode(data, size, encoding, 1000)) == length
        else:
            with pytest.raises(LimitExceeded) as caught:
                decode(data, size, encoding, 1000)
            assert (caught.value.limit, caught.value.allowed) == ("max_response_size", 1000)


@pytest.mark.parametrize("cut", [1, 8, 12])
def test_gzip_that_ends_early(cut: int) -> None:
    with pytest.raises(ProtocolError, match="ends early"):
        decode(gzip.compress(b"abc")[:-cut], 100)


@pytest.mark.parametrize("encoding", ["br", "zstd", "deflate", "gzip, gzip", "x" * 1000])
def test_coding_that_was_not_asked_for(encoding: str) -> None:
    with pytest.raises(ProtocolError, match="not asked for") as caught:
        BodyDecoder(encoding, 10)
    assert len(str(caught.value)) < 100
