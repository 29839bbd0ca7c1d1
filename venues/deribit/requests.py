"""JSON-RPC 2.0 requests as they go out on the WebSocket, with numbers written out in full."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import cast

import msgspec

from barterpy.model.number import plain
from barterpy.venues.deribit.channels import needs_logon

__all__ = ["encode_call", "subscribe_call"]

_encode = msgspec.json.Encoder().encode


def encode_call(id_: int, method: str, params: Mapping[str, object]) -> str:
    """The text of a request. Parameters that are None are left out.

    :raises ValueError: a number is not finite
    """
    return _encode({"jsonrpc": "2.0", "id": id_, "method": method, "params": _plain(params)}).decode()


def subscribe_call(id_: int, channels: Sequence[str], *, leave: bool = False, private: bool | None = None) -> str:
    """The request that subscribes these channels, or ``leave`` them.

    What is the account's own and what comes raw goes by the private method, unless ``private`` says otherwise.
    """
    if private is None:
        private = any(map(needs_logon, channels))
    method = f"{'private' if private else 'public'}/{'unsubscribe' if leave else 'subscribe'}"
    return encode_call(id_, method, {"channels": list(channels)})


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        items = cast("Mapping[str, object]", value).items()
        return {name: _plain(one) for name, one in items if one is not None}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in cast("Sequence[object]", value)]
    # A JSON number with all its digits and without an exponent.
    if isinstance(value, (Decimal, float)):
        return msgspec.Raw(plain(value).encode())
    return value
