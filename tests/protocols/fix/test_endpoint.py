"""Where a gateway listens, as it is written."""

import pytest

from barterpy.errors import ConfigurationError
from barterpy.protocols.fix.endpoint import Endpoint, parse_endpoint


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        ("tcp+tls://fix.example.com:9000", Endpoint("fix.example.com", 9000)),
        ("tcp+ssl://fix.example.com:9000", Endpoint("fix.example.com", 9000)),
        ("tcp://127.0.0.1:1", Endpoint("127.0.0.1", 1, tls=False)),
        ("tcp://[::1]:65535", Endpoint("::1", 65535, tls=False)),
        ("TCP://HOST:1", Endpoint("host", 1, tls=False)),
    ],
)
def test_an_endpoint(url: str, endpoint: Endpoint) -> None:
    assert parse_endpoint(url) == endpoint
    assert parse_endpoint(str(endpoint)) == endpoint


@pytest.mark.parametrize(
    "url",
    [
        "",
        "fix.example.com:9000",
        "https://fix.example.com:9000",
        "tcp://fix.example.com",
        "tcp://fix.example.com:",
        "tcp://fix.example.com:0",
        "tcp://fix.example.com:65536",
        "tcp://fix.example.com:fix",
        "tcp://:9000",
        "tcp://[::1:9000",
        "tcp://key:secret@fix.example.com:9000",
        "tcp://fix.example.com:9000/",
        "tcp://fix.example.com:9000/path",
        "tcp://fix.example.com:9000?query",
        "tcp://fix.example.com:9000#fragment",
    ],
)
def test_what_is_none_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_endpoint(url)
    assert "secret" not in str(caught.value)
