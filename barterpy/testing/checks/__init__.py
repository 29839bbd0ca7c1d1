"""Conformance kits: does an object of yours keep the contract that the streams and clients rely on?

Each check drives its subject through the contract and raises :class:`AssertionError` with one sentence, which says
which clause is broken. They need no test framework, and no network.

check_socket          barterpy.socket.Socket
check_parser          barterpy.parser.StreamParser
check_transformer     barterpy.transformer.Transformer
check_signer          barterpy.rest.Signer
check_venue           barterpy.market.Venue
"""

from barterpy.testing.checks.parsers import check_parser
from barterpy.testing.checks.signers import check_signer
from barterpy.testing.checks.sockets import SocketFactory, check_socket
from barterpy.testing.checks.transformers import check_transformer
from barterpy.testing.checks.venues import check_venue

__all__ = [
    "SocketFactory",
    "check_parser",
    "check_signer",
    "check_socket",
    "check_transformer",
    "check_venue",
]
