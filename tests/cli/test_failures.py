"""What a person reads, and what a script gets, for each kind of failure."""

import pytest

from barterpy.cli.failures import DataProblem, Exit, describe, exit_code, report
from barterpy.errors import (
    BookError,
    ConfigurationError,
    ConnectError,
    ConnectionLost,
    HandshakeError,
    LimitExceeded,
    MissingExtraError,
    ParseError,
    ProxyError,
    RateLimited,
    RecordingError,
    SubscriptionRefused,
    SubscriptionTimeout,
    TlsError,
    TransportTimeout,
    VenueUnavailable,
)


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (ConfigurationError("no such thing"), Exit.USAGE, "no such thing"),
        (
            MissingExtraError("pyarrow", "parquet"),
            Exit.USAGE,
            "pyarrow is not installed; run: pip install 'barterpy[parquet]'",
        ),
        (FileNotFoundError(2, "No such file or directory", "a.rec"), Exit.USAGE, "a.rec: no such file or directory"),
        (OSError("Disk full"), Exit.USAGE, "disk full"),
        (
            ConnectError("127.0.0.1:1", "connection refused"),
            Exit.VENUE,
            (
                "cannot connect to 127.0.0.1:1: connection refused; check the network, or the address given with "
                "--ws-url, --rest-url or --url"
            ),
        ),
        (
            TlsError("host:443", "certificate has expired"),
            Exit.VENUE,
            (
                "cannot connect to host:443: certificate has expired; the certificate must be valid for the host of "
                "--ws-url, --rest-url or --url"
            ),
        ),
        (
            ProxyError("proxy:3128", "407"),
            Exit.VENUE,
            "cannot connect to proxy:3128: 407; check the proxy; barterpy never connects around it",
        ),
        (
            HandshakeError("host:443", "HTTP 451", 451),
            Exit.VENUE,
            (
                "cannot connect to host:443: HTTP 451; the venue does not serve this network or country; another "
                "venue, --environment or --ws-url may"
            ),
        ),
        (
            HandshakeError("host:443", "HTTP 404", 404),
            Exit.VENUE,
            "cannot connect to host:443: HTTP 404; check the path of --ws-url",
        ),
        (TransportTimeout("connecting", 15), Exit.VENUE, "connecting did not finish within 15 s"),
        (ConnectionLost("gone", 1006), Exit.VENUE, "connection lost (1006): gone"),
        (LimitExceeded("max_frame", 10, 20), Exit.VENUE, "max_frame allows 10, got 20"),
        (
            SubscriptionRefused(["trades(XX)"], "Invalid symbol", 2),
            Exit.VENUE,
            "trades(XX): [code 2] Invalid symbol; check the symbol; `barterpy venues` tells what can be subscribed",
        ),
        (
            SubscriptionTimeout(["trades(XX)"], "not confirmed in time"),
            Exit.VENUE,
            "trades(XX): not confirmed in time; is this the address of the venue's streams?",
        ),
        (RateLimited("slow down", retry_after=7), Exit.VENUE, "[retry after 7 s] slow down; try again in 7 s"),
        (VenueUnavailable("maintenance", status=503), Exit.VENUE, "[HTTP 503] maintenance; try again later"),
        (ParseError("not JSON", "x"), Exit.DATA, "cannot parse message: not JSON: x"),
        (RecordingError("a.rec", "damaged: x"), Exit.DATA, "recording a.rec: damaged: x"),
        (BookError("BTCUSDT", "gap"), Exit.DATA, "order book of BTCUSDT: gap"),
        (DataProblem("the recording\nis cut"), Exit.DATA, "the recording is cut"),
        (
            ZeroDivisionError("division by zero"),
            Exit.DEFECT,
            (
                "this is a defect of barterpy, please report it: ZeroDivisionError: division by zero; --debug shows "
                "the traceback"
            ),
        ),
        (ExceptionGroup("", [ExceptionGroup("", [ParseError("bad", "x")])]), Exit.DATA, "cannot parse message: bad: x"),
    ],
)
def test_one_line_and_an_exit_code(error: Exception, code: Exit, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert (exit_code(error), describe(error)) == (code, text)
    assert report(error, debug=False) == code
    assert capsys.readouterr().err == f"barterpy: {text}\n"


@pytest.mark.parametrize(("error", "code"), [(BrokenPipeError(), Exit.OK), (KeyboardInterrupt(), Exit.INTERRUPTED)])
def test_what_a_person_did_needs_no_words(error: BaseException, code: Exit, capsys: pytest.CaptureFixture[str]) -> None:
    assert report(error, debug=False) == code
    assert capsys.readouterr().err == ""


def test_debug_shows_the_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        raise ConfigurationError("no such thing")
    assert report(caught.value, debug=True) == Exit.USAGE
    assert "Traceback" in capsys.readouterr().err
