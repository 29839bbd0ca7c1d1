"""Masking, RFC 6455 section 5.3: XOR with a repeated key, done on whole payloads as one big integer."""

__all__ = ["mask", "rotate"]


def mask(payload: bytes, key: bytes) -> bytes:
    """The payload with the four bytes of ``key`` applied; applying it twice gives the payload back."""
    size = len(payload)
    stream = key * (size // 4 + 1)
    return (int.from_bytes(payload, "little") ^ int.from_bytes(stream[:size], "little")).to_bytes(size, "little")


def rotate(key: bytes, consumed: int) -> bytes:
    """The key as it applies after ``consumed`` bytes of the frame."""
    turn = consumed & 3
    return key[turn:] + key[:turn]
