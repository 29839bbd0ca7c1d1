"""Mass quotes: both sides of many instruments in one request, and their cancellation.

docs.deribit.com, "private/mass_quote" and "Mass Quotes Specifications" (API 2.1.1, 2026-09). The venue wants approval,
a market maker protection group, and cancel-on-disconnect, so they go over a session. A group has one quote a side of an
instrument: a new one takes its place, and an amount of zero takes it away. All of a request are of one index, 100 bids
and 100 asks at most; one that is wrong stands beside the others in the answer's ``errors``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal, TypeAlias

from barterpy.errors import ConfigurationError
from barterpy.venues.deribit.answers import QuoteResult
from barterpy.venues.deribit.execution import Amount, Once

__all__ = ["CancelQuotes", "MassQuote", "QuoteEntry", "QuoteFilter", "QuoteSide"]

_MOST_QUOTES: Final = 100

QuoteFilter: TypeAlias = Literal[
    "delta", "quote_set_id", "instrument", "instrument_kind", "currency", "currency_pair", "all"
]


@dataclass(frozen=True, kw_only=True)
class QuoteSide:
    """One side of a quote. Without a price the amount alone is changed, without an amount the price alone."""

    price: Amount | None = None
    amount: Amount | None = None
    post_only: bool | None = None
    reject_post_only: bool | None = None

    def wire(self) -> dict[str, object]:
        """As the venue wants it."""
        return {
            "price": self.price,
            "amount": self.amount,
            "post_only": self.post_only,
            "reject_post_only": self.reject_post_only,
        }


@dataclass(frozen=True, kw_only=True)
class QuoteEntry:
    """The quote of one instrument: a bid, an ask, or both.

    :raises barterpy.errors.ConfigurationError: it has neither
    """

    instrument_name: str
    bid: QuoteSide | None = None
    ask: QuoteSide | None = None
    quote_set_id: str | None = None
    """Your own name of several, by which they are cancelled."""

    def __post_init__(self) -> None:
        if self.bid is None and self.ask is None:
            raise ConfigurationError(f"a quote of {self.instrument_name} wants a bid, an ask, or both")

    def wire(self) -> dict[str, object]:
        """As the venue wants it."""
        return {
            "instrument_name": self.instrument_name,
            "quote_set_id": self.quote_set_id,
            "ask": None if self.ask is None else self.ask.wire(),
            "bid": None if self.bid is None else self.bid.wire(),
        }


@dataclass(frozen=True, kw_only=True)
class MassQuote(Once[QuoteResult]):
    """Quote many instruments. ``quote_id`` comes again with what is traded; ``valid_until`` is int milliseconds UTC.

    :raises barterpy.errors.ConfigurationError: there is no quote in it, or there are more than the venue takes
    """

    rpc: ClassVar[str] = "private/mass_quote"
    response: ClassVar[Any] = QuoteResult
    quote_id: str
    mmp_group: str
    quotes: tuple[QuoteEntry, ...]
    detailed: bool = True
    wait_for_response: bool | None = None
    """False has the answer after the check of risk, before the quotes are in the book."""
    valid_until: int | None = None

    def __post_init__(self) -> None:
        if not 1 <= len(self.quotes) <= _MOST_QUOTES:
            raise ConfigurationError(f"a mass quote has 1 to {_MOST_QUOTES} quotes, not {len(self.quotes)}")

    def params(self) -> Mapping[str, object]:
        return {**super().params(), "quotes": [quote.wire() for quote in self.quotes]}


@dataclass(frozen=True, kw_only=True)
class CancelQuotes(Once[int]):
    """Cancel the quotes ``cancel_type`` says, which of the other fields it needs; the answer is how many."""

    rpc: ClassVar[str] = "private/cancel_quotes"
    response: ClassVar[Any] = int
    cancel_type: QuoteFilter
    currency: str | None = None
    currency_pair: str | None = None
    kind: str | None = None
    instrument_name: str | None = None
    quote_set_id: str | None = None
    min_delta: Amount | None = None
    max_delta: Amount | None = None
    freeze_quotes: bool | None = None
    """Refuse new quotes for a second after it."""
