"""Which tags belong to the standard header and trailer, which are lengths of data, and which nobody should see."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

__all__ = ["DATA_FIELDS", "HEADER_TAGS", "SECRET_TAGS", "SESSION_TAGS", "TRAILER_TAGS"]

HEADER_TAGS: Final = frozenset(
    {
        *(8, 9, 35, 34, 43, 49, 50, 52, 56, 57, 90, 91, 97, 115, 116, 122, 128, 129, 142, 143, 144, 145, 212, 213),
        *(347, 369, 370, 627, 628, 629, 630, 1128, 1129, 1156),
    }
)
"""The standard header of FIX 4.0 to 5.0SP2 (FIXT.1.1), its Hops group included."""

TRAILER_TAGS: Final = frozenset({10, 89, 93})
"""The standard trailer."""

SESSION_TAGS: Final = frozenset({8, 9, 10, 34, 35, 43, 49, 52, 56, 122})
"""Fields which a session sets itself: an application's values for them are not sent, nor do they return in an echo."""

DATA_FIELDS: Final[Mapping[int, int]] = MappingProxyType(
    {
        90: 91,
        93: 89,
        95: 96,
        212: 213,
        348: 349,
        350: 351,
        352: 353,
        354: 355,
        356: 357,
        358: 359,
        360: 361,
        362: 363,
        364: 365,
        445: 446,
        618: 619,
        621: 622,
        1184: 1185,
        1277: 1278,
        1280: 1281,
        1282: 1283,
        1397: 1398,
        1401: 1402,
        1403: 1404,
        1468: 1469,
    }
)
"""Tags of length fields, and of the data fields whose bytes they count: such a value may hold the separator."""

SECRET_TAGS: Final = frozenset({89, 96, 553, 554, 925, 1402, 1404, 5025, 9005, 9407})
"""Signatures, keys, passwords and nonces: shown as REDACTED. RawData (96) is a signature in every venue's Logon."""
