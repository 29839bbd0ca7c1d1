"""What handlers of topics and answers of REST share: decoding, errors of it, and the name of a market in events."""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec

from barterpy.errors import ParseError
from barterpy.subscription import Channel, Subscription
from barterpy.venues.dydx.channels import Topic
from barterpy.venues.dydx.messages import Frame

__all__ = ["later_contents", "market_name", "understood"]


def later_contents(wire: Any) -> Callable[[Frame], list[Any]]:
    """Decodes later contents: one, or a batch of them."""
    one, many = msgspec.json.Decoder(wire).decode, msgspec.json.Decoder(list[wire]).decode

    def decode(frame: Frame) -> list[Any]:
        return many(frame.contents) if frame.type == "channel_batch_data" else [one(frame.contents)]

    return decode


def market_name(subscriptions: Sequence[Subscription], topic: Topic) -> str:
    """The market as it was written first; its ticker where only the venue's channel was named."""
    named = (one.instrument for one in subscriptions if one.channel is not Channel.NATIVE)
    return next(named, topic.ticker)


@contextmanager
def understood(kind: str) -> Generator[None, None, None]:
    """Makes a :class:`~barterpy.errors.ParseError` of a number, a time or a word in an answer that is none."""
    try:
        yield
    except ValueError as error:
        raise ParseError(str(error), kind=kind) from error
