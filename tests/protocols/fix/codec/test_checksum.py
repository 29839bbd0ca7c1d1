"""CheckSum: the published messages, and the plain sum for everything else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.protocols.fix.checksum import checksum, checksum_field, is_summed


def test_the_checksum_of_a_published_message() -> None:
    """Binance's sample of a Logout (fix-api.md, 2024-06)."""
    before = b"8=FIX.4.4\x019=55\x0135=5\x0134=3\x0149=GhQHzrLR\x0152=20240611-09:44:25.543\x0156=SPOT\x01"
    assert checksum(before) == 249
    assert checksum_field(before) == b"10=249\x01"


@pytest.mark.parametrize("value", [0, 127, 128, 255])
@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 511, 512, 515, 516, 517, 65_536, 100_001])
def test_at_every_bound_of_what_is_exact(size: int, value: int) -> None:
    """A sum above 65520 is where Adler-32 begins to lose some of it."""
    data = bytes([value]) * size
    assert checksum(data) == sum(data) % 256
    assert checksum_field(data) == b"10=%03d\x01" % (sum(data) % 256)


@pytest.mark.parametrize("size", [0, 10, 248, 249, 250, 600])
def test_a_message_that_is_summed_and_one_that_is_not(size: int) -> None:
    for filler in (b"\xff" * size, b"a" * size):
        message = filler + checksum_field(filler)
        assert is_summed(message)
        for wrong in (message[:-1], message[1:] + b"\x01", message[:-2] + b"\x01", filler, b"x" + message):
            assert not is_summed(wrong)
        assert not is_summed(filler + b"10=%03d\x01" % ((checksum(filler) + 1) % 256))
        assert not is_summed(filler + b"10=%d\x01" % (checksum(filler) + 256))


@given(st.binary(max_size=2000))
def test_it_is_the_sum_of_the_bytes(data: bytes) -> None:
    assert checksum(data) == sum(data) % 256


@given(st.text(st.characters(max_codepoint=127), max_size=700).map(str.encode))
def test_it_is_the_sum_of_ascii(data: bytes) -> None:
    assert checksum_field(data) == b"10=%03d\x01" % (sum(data) % 256)
