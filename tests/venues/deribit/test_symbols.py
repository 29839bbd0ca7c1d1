"""Names of instruments: the venue's, ccxt's, and what is neither."""

from datetime import date

import pytest

from barterpy.errors import ConfigurationError
from barterpy.venues.deribit.symbols import native_symbol, unified_symbol

PAIRS = {
    "BTC/USD:BTC": "BTC-PERPETUAL",
    "ETH/USDC:USDC": "ETH_USDC-PERPETUAL",
    "BTC/USDT:USDT": "BTC_USDT-PERPETUAL",
    "BTC/USD:BTC-261225": "BTC-25DEC26",
    "BTC/USDC:USDC-260605": "BTC_USDC-5JUN26",
    "BTC/USD:BTC-261225-100000-C": "BTC-25DEC26-100000-C",
    "ETH/USD:ETH-260605-4000-P": "ETH-5JUN26-4000-P",
    "XRP/USDC:USDC-260630-0.625-C": "XRP_USDC-30JUN26-0d625-C",
    "BTC/USDC": "BTC_USDC",
}


@pytest.mark.parametrize(("unified", "native"), PAIRS.items())
def test_a_unified_symbol_is_a_native_one(unified: str, native: str) -> None:
    assert native_symbol(unified) == native
    assert native_symbol(unified.lower()) == native
    assert native_symbol(native) == native
    assert native_symbol(native.lower()) == native


@pytest.mark.parametrize("native", ["BTC-FS-25DEC26_PERP", "BTC-CS-19MAY26-70000_75000"])
def test_combinations_keep_their_names(native: str) -> None:
    assert native_symbol(native) == native


@pytest.mark.parametrize(
    ("symbol", "words"),
    [
        ("", "is not a symbol"),
        ("BTCUSD", "is not a symbol"),
        ("BTC/", "is not a symbol"),
        ("NO SUCH SYMBOL", "is not a symbol"),
        ("BTC/USD:BTC-261225-100000", "is not a symbol"),
        ("BTC/USD:BTC-261225-100000-X", "is not a symbol"),
        ("BTC/USD:USDT", "settles in USDT"),
        ("BTC/USDC:BTC", "settles in BTC"),
        ("BTC/USD:BTC-261325", "day of the calendar"),
        ("BTC/USD:BTC-260230", "day of the calendar"),
    ],
)
def test_what_cannot_be_an_instrument_is_refused(symbol: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        native_symbol(symbol)


def test_a_unified_symbol_is_put_together() -> None:
    assert unified_symbol("BTC", "USDC") == "BTC/USDC"
    assert unified_symbol("BTC", "USD", "BTC") == "BTC/USD:BTC"
    assert unified_symbol("BTC", "USD", "BTC", expiry=date(2026, 12, 25)) == "BTC/USD:BTC-261225"
    option = unified_symbol("BTC", "USD", "BTC", expiry=date(2026, 12, 25), strike="100000", call=False)
    assert option == "BTC/USD:BTC-261225-100000-P"
