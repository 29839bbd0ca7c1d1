"""How a value of each datatype of the standard is written.

FIX 5.0 SP2 volume 1, *FIX Datatypes*, and the older volumes where they are narrower or wider. A pattern is a regular
expression over bytes without groups and without anchors, and possessive, so that it costs one pass and can be set
between two separators of a whole message. No pattern lets a separator (SOH) through.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["DATA_TYPES", "MULTIPLE_TYPES", "PATTERNS", "format_of", "known_type"]

# Nineteen digits are a 64-bit number; more would make every reader pay for what nobody means.
_INTEGER = rb"-?[0-9]{1,19}+"
_UNSIGNED = rb"[0-9]{1,19}+"
_FLOAT = rb"-?(?:[0-9]++(?:\.[0-9]*+)?+|\.[0-9]++)"
_TEXT = rb"[^\x01]++"
_DATE = rb"[0-9]{4}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
_TIME = rb"(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]{1,12}+)?+"
_ZONE = rb"(?:Z|[+-](?:0[0-9]|1[0-4])(?::[0-5][0-9])?+)"
_WORDS = rb"[^\x01 ]++(?: [^\x01 ]++)*+"

PATTERNS: Mapping[str, bytes] = MappingProxyType(
    {
        "INT": _INTEGER,
        "LENGTH": _UNSIGNED,
        "NUMINGROUP": _UNSIGNED,
        "SEQNUM": _UNSIGNED,
        "TAGNUM": _UNSIGNED,
        "DAYOFMONTH": rb"(?:0?[1-9]|[12][0-9]|3[01])",
        "FLOAT": _FLOAT,
        "QTY": _FLOAT,
        "PRICE": _FLOAT,
        "PRICEOFFSET": _FLOAT,
        "AMT": _FLOAT,
        "PERCENTAGE": _FLOAT,
        "CHAR": rb"[^\x01]",
        "BOOLEAN": rb"[YN]",
        "STRING": _TEXT,
        "MULTIPLEVALUESTRING": _WORDS,
        "MULTIPLESTRINGVALUE": _WORDS,
        "MULTIPLECHARVALUE": rb"[^\x01 ](?: [^\x01 ])*+",
        "COUNTRY": _TEXT,
        "CURRENCY": _TEXT,
        "EXCHANGE": _TEXT,
        "LANGUAGE": _TEXT,
        "MONTHYEAR": rb"[0-9]{4}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01]|w[1-5])?+",
        "UTCTIMESTAMP": _DATE + rb"-" + _TIME,
        "UTCTIMEONLY": _TIME,
        "UTCDATEONLY": _DATE,
        "LOCALMKTDATE": _DATE,
        "LOCALMKTTIME": _TIME,
        "TZTIMEONLY": rb"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::(?:[0-5][0-9]|60)(?:\.[0-9]{1,12}+)?+)?+" + _ZONE + rb"?+",
        "TZTIMESTAMP": _DATE + rb"-" + _TIME + _ZONE + rb"?+",
        # Of a fixed length that the field before it tells, and free to hold a separator.
        "DATA": rb"[\x00-\xff]*+",
        "XMLDATA": rb"[\x00-\xff]*+",
    }
)
"""Pattern of a value by the name of its datatype."""

# FIX 4.0 and 4.1, and the files that users have of them, know some by other names.
_OTHER_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "TIME": "UTCTIMESTAMP",
        "DATE": "LOCALMKTDATE",
        "UTCDATE": "UTCDATEONLY",
        "XID": "STRING",
        "XIDREF": "STRING",
        "QUANTITY": "QTY",
        "MULTIPLESTRING": "MULTIPLESTRINGVALUE",
        "PATTERN": "STRING",
        "TENOR": "STRING",
        "RESERVED100PLUS": "INT",
        "RESERVED1000PLUS": "INT",
        "RESERVED4000PLUS": "INT",
    }
)

DATA_TYPES = frozenset({"DATA", "XMLDATA"})
"""Values that may hold a separator, and whose length another field tells."""

MULTIPLE_TYPES = frozenset({"MULTIPLEVALUESTRING", "MULTIPLESTRINGVALUE", "MULTIPLECHARVALUE"})
"""Values that are several, with a space between them; enumerations hold for each."""


def known_type(name: str) -> str | None:
    """The name under which `PATTERNS` has the datatype called ``name`` in any version, or None."""
    upper = name.upper()
    upper = _OTHER_NAMES.get(upper, upper)
    return upper if upper in PATTERNS else None


def format_of(datatype: str) -> re.Pattern[bytes]:
    """The compiled pattern of a datatype, for ``fullmatch`` of a value."""
    return re.compile(PATTERNS[datatype], re.DOTALL)
