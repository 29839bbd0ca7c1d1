"""No key, signature, token or password survives in a log line; what is not one does."""

import logging
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

import barterpy
from barterpy.credentials import Credentials, Secret
from barterpy.redaction import RedactingFilter, redact
from barterpy.testing.simulated import SimulatedVenue
from barterpy.venues import binance

SECRET = "vmPUZE6mv9SEcretKEy8fQkV"
LISTEN_KEY = "pqia91ma19a5s61cv6a81va65sdf19v8a65a1a5s61cv6a81va65sdf19v8a65a1"

SHOWN = [
    f"GET https://api.example.com/api/v3/order?symbol=BTC&timestamp=1&signature={SECRET} 200",
    f"https://x.com/?listenKey={SECRET}&a=1",
    f"wss://stream.example.com/ws/{LISTEN_KEY}",
    f"wss://stream.example.com/ws/{LISTEN_KEY}?a=1",
    f"https://user:{SECRET}@proxy.example.com:8080/x",
    f'{{"method":"session.logon","params":{{"apiKey":"{SECRET}","timestamp":1}}}}',
    f'{{"jsonrpc":"2.0","params":{{"client_secret": "{SECRET}", "grant_type":"client_credentials"}}}}',
    f'{{"result":{{"access_token":"{SECRET}","refresh_token":"{SECRET}"}}}}',
    f'{{"op":"auth","args":["{SECRET}",1662350400000,"{SECRET}"]}}',
    f'{{"args":["{SECRET}",1662350400000],"op":"login"}}',
    f'{{"op":"login","args":[{{"apiKey":"{SECRET}","passphrase":"{SECRET}","sign":"{SECRET}"}}]}}',
    f'{{"secret":"with \\" a quote {SECRET}"}}',
    f"{{'X-MBX-APIKEY': '{SECRET}', 'Accept': '*/*'}}",
    f"[('X-MBX-APIKEY', '{SECRET}'), ('Accept', '*/*')]",
    f"[(b'OK-ACCESS-SIGN', b'{SECRET}')]",
    f'("Authorization", "Bearer {SECRET}")',
    f"Authorization: Bearer {SECRET}",
    f"authorization: {SECRET}",
    f"X-MBX-APIKEY: {SECRET}",
    f"Set-Cookie: session={SECRET}; Secure",
    f"Proxy-Authorization: Basic {SECRET}",
    f"8=FIX.4.4\x0135=A\x01553=user\x01554={SECRET}\x0110=000\x01",
    f"8=FIX.4.4|35=A|96={SECRET}|10=000|",
    f"554={SECRET}",
    f"-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----",
    f"-----BEGIN EC PRIVATE KEY----- {SECRET}",
]

KEPT = [
    "",
    "connected to stream.example.com:443",
    "GET https://api.example.com/api/v3/depth?symbol=BTCUSDT&limit=1000 200 OK",
    "wss://fstream.example.com/ws/btcusdt@depth@100ms/ethusdt@depth@100ms",
    '{"e":"aggTrade","E":1,"s":"BTCUSDT","a":1,"p":"60000.10","q":"0.5","f":1,"l":1,"T":1,"m":false}',
    '{"method":"SUBSCRIBE","params":["btcusdt@aggTrade"],"id":1}',
    '{"op":"subscribe","args":["orderbook.50.BTCUSDT"]}',
    "8=FIX.4.4\x0135=W\x0155=BTC/USD\x01268=2\x0110=000\x01",
    "-----BEGIN CERTIFICATE-----\nMIIB",
    "the token is missing",
]


@pytest.mark.parametrize("text", SHOWN)
def test_a_secret_is_hidden(text: str) -> None:
    clean = redact(text)
    assert SECRET not in clean
    assert LISTEN_KEY not in clean
    assert "REDACTED" in clean
    assert redact(clean) == clean


@pytest.mark.parametrize("text", KEPT)
def test_what_is_none_is_kept(text: str) -> None:
    assert redact(text) == text


def test_what_stands_beside_a_secret_is_kept() -> None:
    assert redact(SHOWN[0]) == "GET https://api.example.com/api/v3/order?symbol=BTC&timestamp=1&signature=REDACTED 200"
    assert redact(SHOWN[5]) == '{"method":"session.logon","params":{"apiKey":"REDACTED","timestamp":1}}'


@given(st.text(max_size=300))
def test_any_text_is_taken_and_redacting_again_changes_nothing(text: str) -> None:
    clean = redact(text)
    assert redact(clean) == clean


@pytest.mark.parametrize(
    "piece", ["sign", '"sign":', "[", "/a", "'auth'", "96=", "://", "-----BEGIN ", "auth=", "(b'key"]
)
def test_a_long_line_costs_its_length(piece: str) -> None:
    """Rules that looked ahead without bound would need minutes for this, and the timeout of all tests would tell."""
    redact(piece * 10_000)


def logged(record: logging.LogRecord, *filters: logging.Filter) -> str:
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    for item in filters:
        handler.addFilter(item)
    handler.handle(record)
    return stream.getvalue()


def record(message: str, *args: object, error: BaseException | None = None) -> logging.LogRecord:
    info = None if error is None else (type(error), error, error.__traceback__)
    return logging.LogRecord("barterpy.test", logging.DEBUG, __file__, 1, message, args, info)


def test_a_record_is_redacted_with_its_arguments() -> None:
    assert logged(record("GET %s", f"https://x.com/?signature={SECRET}&a=%s"), RedactingFilter()) == (
        "GET https://x.com/?signature=REDACTED&a=%s\n"
    )


def test_a_record_without_secrets_is_left_as_it_is() -> None:
    item = record("%s of %d", "book", 3)
    assert logged(item, RedactingFilter()) == "book of 3\n"
    assert (item.msg, item.args) == ("%s of %d", ("book", 3))


def test_a_traceback_and_a_stack_are_redacted() -> None:
    try:
        raise ValueError(f"no answer from https://x.com/?token={SECRET}")
    except ValueError as error:
        item = record("failed", error=error)
    item.stack_info = f"Stack: api_key={SECRET}"
    text = logged(item, RedactingFilter())
    assert "ValueError: no answer from https://x.com/?token=REDACTED" in text
    assert "Stack: api_key=REDACTED" in text
    assert SECRET not in text


def test_known_secrets_are_hidden_however_they_are_written() -> None:
    known = "a b/c+d=e&f"
    secrets = RedactingFilter([Secret(known), SECRET, "abc"])
    for written in (known, "a%20b%2Fc%2Bd%3De%26f", "a+b%2Fc%2Bd%3De%26f", SECRET):
        assert logged(record(f"value {written} here"), secrets) == "value REDACTED here\n"
    assert logged(record("abc is too short to be looked for"), secrets).startswith("abc")


def test_the_library_says_nothing_to_a_program_that_did_not_ask() -> None:
    assert any(isinstance(handler, logging.NullHandler) for handler in logging.getLogger("barterpy").handlers)
    assert barterpy.__name__ == "barterpy"


@pytest.mark.anyio
async def test_at_debug_the_whole_way_to_a_venue_shows_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    """Streams and signed requests over real sockets, everything logged, by us and by those we stand on."""
    caplog.set_level(logging.DEBUG)
    async with SimulatedVenue("futures") as simulated:
        credentials = simulated.credentials()
        async with binance.Futures(
            ws_url=simulated.ws_url, rest_url=simulated.rest_url, credentials=credentials
        ) as venue:
            await venue.balances()
            async with barterpy.market_stream(venue, [barterpy.book("BTCUSDT")]) as events:
                async for _ in events.data():
                    break
    assert "HTTP Request: GET" in caplog.text  # httpx's own words
    assert "signature=" not in caplog.text
    assert_hidden(credentials, caplog.text)


def assert_hidden(credentials: Credentials, text: str) -> None:
    assert credentials.secret.reveal() not in text
    assert credentials.key not in text
