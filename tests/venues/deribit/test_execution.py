"""Calls as they go out: the venue's names for them and for their parameters."""

import json
from decimal import Decimal
from typing import Any

import pytest

from barterpy.errors import ConfigurationError
from barterpy.venues.deribit import (
    Buy,
    CancelAllByCurrencyPair,
    CancelAllByKindOrType,
    CancelQuotes,
    EditByLabel,
    MassQuote,
    QuoteEntry,
    QuoteSide,
)
from barterpy.venues.deribit.answers import AccountSummaries, OrderRow, PlacedOrder
from barterpy.venues.deribit.execution import Once
from barterpy.venues.deribit.limits import MATCHING_METHODS
from barterpy.venues.deribit.requests import encode_call
from barterpy.venues.deribit.rest import Call, FetchAccountSummaries, FetchOpenOrdersByInstrument, FetchOrderHistory

D = Decimal


def test_mass_quotes_as_the_venue_documents_them() -> None:
    options = QuoteEntry(
        instrument_name="BTC-22DEC23-41600-C",
        quote_set_id="options",
        ask=QuoteSide(price=D("0.05"), amount=1),
        bid=QuoteSide(price=D("0.04"), amount=1, post_only=True),
    )
    alone = QuoteEntry(instrument_name="BTC-PERPETUAL", ask=QuoteSide(amount=0))
    request = MassQuote(quote_id="1", mmp_group="default", quotes=(options, alone))
    assert json.loads(encode_call(7859, request.rpc, request.params())) == {
        "jsonrpc": "2.0",
        "id": 7859,
        "method": "private/mass_quote",
        "params": {
            "quote_id": "1",
            "mmp_group": "default",
            "detailed": True,
            "quotes": [
                {
                    "instrument_name": "BTC-22DEC23-41600-C",
                    "quote_set_id": "options",
                    "ask": {"price": 0.05, "amount": 1},
                    "bid": {"price": 0.04, "amount": 1, "post_only": True},
                },
                {"instrument_name": "BTC-PERPETUAL", "ask": {"amount": 0}},
            ],
        },
    }


def test_quotes_that_cannot_be_are_refused_before_they_are_sent() -> None:
    with pytest.raises(ConfigurationError, match="a bid, an ask, or both"):
        QuoteEntry(instrument_name="BTC-PERPETUAL")
    one = QuoteEntry(instrument_name="BTC-PERPETUAL", bid=QuoteSide(price=1, amount=10))
    for count in (0, 101):
        with pytest.raises(ConfigurationError, match=f"not {count}"):
            MassQuote(quote_id="1", mmp_group="default", quotes=(one,) * count)


# The parameters of what no simulated venue answers, by the venue's names (docs.deribit.com, API 2.1.1).
CALLS: list[tuple[Call[Any], str, dict[str, Any], Any]] = [
    (
        CancelQuotes(cancel_type="delta", min_delta=D("0.4"), max_delta=D("0.6")),
        "private/cancel_quotes",
        {"cancel_type": "delta", "min_delta": 0.4, "max_delta": 0.6},
        int,
    ),
    (
        CancelAllByCurrencyPair(currency_pair="btc_usd"),
        "private/cancel_all_by_currency_pair",
        {"currency_pair": "btc_usd"},
        int,
    ),
    (
        CancelAllByKindOrType(currency="BTC", kind="option", type="limit"),
        "private/cancel_all_by_kind_or_type",
        {"currency": "BTC", "kind": "option", "type": "limit"},
        int,
    ),
    (
        EditByLabel(label="mine", instrument_name="BTC-PERPETUAL", price=D(1)),
        "private/edit_by_label",
        {"label": "mine", "instrument_name": "BTC-PERPETUAL", "price": 1},
        PlacedOrder,
    ),
    (
        FetchOpenOrdersByInstrument(instrument_name="BTC-PERPETUAL"),
        "private/get_open_orders_by_instrument",
        {"instrument_name": "BTC-PERPETUAL"},
        list[OrderRow],
    ),
    (
        FetchOrderHistory(instrument_name="BTC-PERPETUAL", count=20, historical=True),
        "private/get_order_history_by_instrument",
        {"instrument_name": "BTC-PERPETUAL", "count": 20, "historical": True},
        list[OrderRow],
    ),
    (FetchAccountSummaries(), "private/get_account_summaries", {}, AccountSummaries),
    (
        Buy(
            instrument_name="BTC-PERPETUAL",
            amount=10,
            type="trailing_stop",
            trigger="mark_price",
            trigger_offset=D("100.5"),
            linked_order_type="one_cancels_other",
            trigger_fill_condition="first_hit",
            otoco_config=({"direction": "sell", "amount": D(10), "price": None},),
        ),
        "private/buy",
        {
            "instrument_name": "BTC-PERPETUAL",
            "amount": 10,
            "type": "trailing_stop",
            "trigger": "mark_price",
            "trigger_offset": 100.5,
            "linked_order_type": "one_cancels_other",
            "trigger_fill_condition": "first_hit",
            "otoco_config": [{"direction": "sell", "amount": 10}],
        },
        PlacedOrder,
    ),
]


@pytest.mark.parametrize(("request_", "method", "params", "answer"), CALLS, ids=lambda value: type(value).__name__)
def test_calls_by_the_venues_names(request_: Call[Any], method: str, params: dict[str, Any], answer: Any) -> None:
    sent = json.loads(encode_call(1, request_.rpc, request_.params()))
    assert (sent["method"], sent["params"], request_.response) == (method, params, answer)
    assert (request_.weight == 0) == (method in MATCHING_METHODS), "the matching engine is counted apart"
    assert request_.repeatable == (not isinstance(request_, Once)), "what changes something is never sent twice"
