"""Deribit: options, futures, perpetuals and spot over JSON-RPC, as its documentation stood in 2026-09 (API 2.1.1).

    venue = Deribit()                                       # Decimal, exact
    venue = Deribit(number=float, environment="testnet")    # float, for speed
    venue = Deribit(credentials=Credentials.from_environment("deribit"))

    async with market_stream(venue, [trades("BTC/USD:BTC"), book("BTC-PERPETUAL")]) as events:
        async for event in events:
            ...

    async with venue.session(cancel_on_disconnect="connection") as session:
        order = await session.place(Buy(instrument_name="BTC-PERPETUAL", amount=10, price=Decimal(60000)))

What is particular about this venue: one WebSocket for data, account and orders; it asks whether we are there and hangs
up when nobody answers; books come with a snapshot on the stream; sizes are US dollars for inverse futures and
perpetuals and base asset for everything else; raw paces want a logon.

Docs: https://docs.deribit.com
"""

from decimal import Decimal
from typing import Any, Unpack, overload

from barterpy.model.number import N, NumberParser, decimal_number
from barterpy.venues.deribit.answers import CancelOnDisconnect, PlacedOrder
from barterpy.venues.deribit.endpoints import Environment
from barterpy.venues.deribit.execution import (
    Buy,
    Cancel,
    CancelAll,
    CancelAllByCurrency,
    CancelAllByCurrencyPair,
    CancelAllByInstrument,
    CancelAllByKindOrType,
    CancelByLabel,
    DisableCancelOnDisconnect,
    Edit,
    EditByLabel,
    EnableCancelOnDisconnect,
    FetchCancelOnDisconnect,
    Sell,
)
from barterpy.venues.deribit.limits import Credits
from barterpy.venues.deribit.options import Options, SocketFactory
from barterpy.venues.deribit.quotes import CancelQuotes, MassQuote, QuoteEntry, QuoteSide
from barterpy.venues.deribit.session import DeribitSession
from barterpy.venues.deribit.venue import ACCOUNT_CHANNELS, DeribitVenue

__all__ = [
    "ACCOUNT_CHANNELS",
    "Buy",
    "Cancel",
    "CancelAll",
    "CancelAllByCurrency",
    "CancelAllByCurrencyPair",
    "CancelAllByInstrument",
    "CancelAllByKindOrType",
    "CancelByLabel",
    "CancelOnDisconnect",
    "CancelQuotes",
    "Credits",
    "Deribit",
    "DeribitSession",
    "DeribitVenue",
    "DisableCancelOnDisconnect",
    "Edit",
    "EditByLabel",
    "EnableCancelOnDisconnect",
    "Environment",
    "FetchCancelOnDisconnect",
    "MassQuote",
    "Options",
    "PlacedOrder",
    "QuoteEntry",
    "QuoteSide",
    "Sell",
    "SocketFactory",
]


class Deribit(DeribitVenue[N]):
    """The venue.

    :param number: what prices and sizes become: :func:`~barterpy.model.decimal_number` (default) or ``float``
    :param options: see :class:`Options`
    :raises barterpy.errors.ConfigurationError: an option cannot work
    """

    @overload
    def __init__(
        self: "Deribit[Decimal]", *, number: NumberParser[Decimal] = ..., **options: Unpack[Options]
    ) -> None: ...
    @overload
    def __init__(self: "Deribit[float]", *, number: NumberParser[float], **options: Unpack[Options]) -> None: ...
    def __init__(self, *, number: NumberParser[Any] = decimal_number, **options: Unpack[Options]) -> None:
        super().__init__(number, **options)
