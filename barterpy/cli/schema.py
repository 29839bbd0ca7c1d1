"""The schema of the JSON lines, for people and for programs, made from the event types themselves so it cannot rot.

Only what the types do not know stands here by hand: the unit of each field.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, cast, get_args, get_origin

import msgspec

from barterpy.cli.fix.messages import FIX_LINES, NamedField
from barterpy.jsonlines import EVENT_TYPES, AnyEvent
from barterpy.model.instrument import TickStep
from barterpy.model.market import Level

__all__ = ["EventField", "EventSchema", "event_schemas", "fix_schemas", "json_schema", "schema_page"]


class EventField(msgspec.Struct, frozen=True, kw_only=True):
    """A member of a line: its JSON type (``string``, ``integer | null``, …) and its unit or meaning."""

    name: str
    type: str
    unit: str


class EventSchema(msgspec.Struct, frozen=True, kw_only=True):
    """An event type: what its ``event`` says, what it is for, and its members in order."""

    event: str
    summary: str
    fields: tuple[EventField, ...]


def event_schemas() -> Iterator[EventSchema]:
    """The whole schema for people, taken from the types themselves; market data first.

    :raises KeyError: a field of an event has no unit in this module's table
    """
    yield from _schemas(EVENT_TYPES)


def fix_schemas() -> Iterator[EventSchema]:
    """The lines about FIX messages and sessions, which are no events of the library."""
    yield from _schemas({str(type_.__struct_config__.tag): type_ for type_ in FIX_LINES})


def _schemas(types: Mapping[str, Any]) -> Iterator[EventSchema]:
    for tag, type_ in types.items():
        fields = tuple(
            EventField(name=field.name, type=_json_type(field.type), unit=_unit(tag, field.name))
            for field in msgspec.structs.fields(type_)
        )
        documentation = (get_origin(type_) or type_).__doc__ or ""
        summary = " ".join(documentation.split("\n\n")[0].split()).replace("``", "`")
        summary = re.sub(r":class:`~?(?:[\w.]+\.)?(\w+)`", r"`\1`", summary)
        summary = re.sub(r"\bNone\b", "null", summary)
        yield EventSchema(event=tag, summary=summary, fields=fields)


def json_schema() -> dict[str, Any]:
    """The same as a JSON Schema (draft 2020-12) of one line, for programs that validate or generate code."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "barterpy event line",
        **msgspec.json.schema(Union[(cast("Any", AnyEvent), *FIX_LINES)]),
    }


_TIME = "nanoseconds since 1970-01-01 UTC"
_DURATION = "nanoseconds"
_PRICE = "quote asset for one base asset"
_SIZE = "base asset, or contracts"
_QUOTE = "quote asset"

_UNITS: Final[dict[str, str]] = {
    "venue": "name of the venue",
    "instrument": "symbol as it was subscribed, else the venue's own",
    "connection": "name of the connection",
    "epoch": "life of the connection, from 1",
    "sequence": "the venue's own number",
    "exchange_at": f"{_TIME}, by the venue's clock",
    "received_at": f"{_TIME}, by this machine's clock when it was read; 0 when not known",
    "id": "the venue's id",
    "client_id": "the id the client chose",
    "order_id": "the venue's id of the order",
    "first_id": "first trade of the aggregate",
    "last_id": "last trade of the aggregate",
    "side": "`buy` or `sell`",
    "price": _PRICE,
    "size": _SIZE,
    "bid_price": _PRICE,
    "bid_size": _SIZE,
    "ask_price": _PRICE,
    "ask_size": _SIZE,
    "bids": "`[price, size]` each, best first in a snapshot; size 0 takes the level away",
    "asks": "`[price, size]` each, best first in a snapshot; size 0 takes the level away",
    "depth": "levels a side, null for all",
    "interval": "length, such as `1m`",
    "open_at": f"{_TIME}, inclusive",
    "close_at": f"{_TIME}, exclusive",
    "open": _PRICE,
    "high": _PRICE,
    "low": _PRICE,
    "close": _PRICE,
    "last": _PRICE,
    "vwap": _PRICE,
    "change": _PRICE,
    "index_price": _PRICE,
    "settle_price": _PRICE,
    "average_price": _PRICE,
    "stop_price": _PRICE,
    "entry_price": _PRICE,
    "mark_price": _PRICE,
    "liquidation_price": _PRICE,
    "volume": _SIZE,
    "taker_buy_volume": _SIZE,
    "filled": _SIZE,
    "quote_volume": _QUOTE,
    "taker_buy_quote_volume": _QUOTE,
    "trades": "count",
    "closed": "whether the bar is final",
    "window": "length of the rolling window",
    "rate": "fraction a period, paid by longs",
    "next_at": f"{_TIME}, of the next payment",
    "status": "see the model",
    "venue_status": "the venue's own word",
    "reason": "for people",
    "error": "class of the error",
    "code": "close code of the protocol",
    "replaced_by": "name of the connection that goes on in its place; empty if none does",
    "downtime": _DURATION,
    "delay": _DURATION,
    "expires_in": _DURATION,
    "final": "whether it was refused for good",
    "idle": _DURATION,
    "attempt": "count in a row, from 1",
    "attempts": "count in a row",
    "subscriptions": "names as the user wrote them",
    "subscription": "name as the user wrote it",
    "next": "the venue's number that came instead",
    "dropped": "count of events",
    "policy": "what was done with them",
    "payload": "the message, cut to its first characters",
    "symbol": "the venue's own name",
    "unified": "the name known from ccxt",
    "kind": "`spot`, `perpetual`, `future` or `option`",
    "base": "asset",
    "quote": "asset",
    "settle": "asset",
    "asset": "asset",
    "contract_size": "base asset of one contract, quote asset when inverse",
    "inverse": "whether a contract counts quote asset",
    "expiry_at": _TIME,
    "listed_at": _TIME,
    "created_at": _TIME,
    "strike": _PRICE,
    "option_kind": "`call` or `put`",
    "tick_size": _PRICE,
    "tick_steps": "`[above, tick]` each, ascending: above that price this tick",
    "min_price": _PRICE,
    "max_price": _PRICE,
    "lot_size": _SIZE,
    "min_size": _SIZE,
    "max_size": _SIZE,
    "market_lot_size": _SIZE,
    "market_min_size": _SIZE,
    "market_max_size": _SIZE,
    "min_notional": _QUOTE,
    "max_notional": _QUOTE,
    "info": "the venue's own description, as it was sent",
    "type": "see the model",
    "time_in_force": "see the model",
    "post_only": "whether it may only make",
    "reduce_only": "whether it may only reduce a position",
    "order": "an `order`",
    "fee": "`fee_asset`, negative for a rebate",
    "fee_asset": "asset",
    "maker": "whether it made the trade",
    "total": "asset",
    "free": "asset, not locked in orders",
    "unrealised_pnl": "settlement asset",
    "leverage": "factor",
    "account": "the venue's name of the account, null where there is one only",
    "sender": "account or address",
    "recipient": "account or address",
    "height": "number of the block",
    "volatility": "per cent a year",
    "delta": "for one unit of the underlying",
    "gamma": "change of delta for one unit of the underlying",
    "vega": "for one per cent of volatility",
    "theta": "for a day",
    "rho": "for one per cent of interest",
    "mark_volatility": "per cent a year",
    "bid_volatility": "per cent a year",
    "ask_volatility": "per cent a year",
    "underlying_price": _QUOTE,
    "underlying": "the venue's name of the underlying",
    "interest_rate": "fraction a year",
    "channel": "the venue's own name",
    "data": "as the venue sent it",
}

# The same word, another meaning.
_OWN_UNITS: Final[dict[tuple[str, str], str]] = {
    ("gap", "last"): "the venue's number before the gap",
    ("mark_price", "price"): f"{_PRICE}; the mark price",
    ("liquidation", "side"): "`buy` or `sell`, of the forced order",
    ("trade", "side"): "`buy` or `sell`, of the taker",
    ("transfer", "size"): "`asset`",
    ("transfer", "kind"): "`deposit`, `withdrawal`, `transfer_in` or `transfer_out`",
    ("block_height", "instrument"): "empty",
    ("position", "size"): f"{_SIZE}; negative when short",
    ("instrument_status", "status"): "`trading`, `cancel_only`, `halted`, `pending`, `closed` or `unknown`",
    ("fix_message", "line"): "where it began in the input, from 1; null for a session's",
    ("fix_message", "prefix"): "what stood before it in its line",
    ("fix_message", "direction"): "`in` or `out` of a session, else null",
    ("fix_message", "type"): "MsgType (35)",
    ("fix_message", "name"): "of the type, null where no dictionary knows it",
    ("fix_message", "begin_string"): "BeginString (8)",
    ("fix_message", "sender"): "SenderCompID (49)",
    ("fix_message", "target"): "TargetCompID (56)",
    ("fix_message", "seq"): "MsgSeqNum (34)",
    ("fix_message", "sent_at"): f"{_TIME}, SendingTime (52)",
    ("fix_message", "problem"): "what is wrong with it, else null",
    ("fix_message", "masked"): "whether values were hidden in the input, so that nothing could be checked",
    ("fix_message", "fields"): "every field in the order of the wire, see above",
    ("fix_garbled", "line"): "where it began in the input, from 1",
    ("fix_garbled", "problem"): "why it cannot be read",
    ("fix_garbled", "text"): "what was there, cut to its first characters",
    ("fix_session", "at"): _TIME,
    ("fix_session", "kind"): "`logged_on`, `end_announced`, `logged_out`, `closed`, …: the name of what happened",
    ("fix_session", "text"): "for people",
    ("instrument", "status"): "`trading`, `cancel_only`, `halted`, `pending`, `closed` or `unknown`",
}


def _unit(event: str, field: str) -> str:
    return _OWN_UNITS.get((event, field)) or _UNITS[field]


_SCALARS: Final[dict[Any, str]] = {
    str: "string",
    int: "integer",
    bool: "boolean",
    NoneType: "null",
    Decimal: "decimal string",
}


def _json_type(annotation: Any) -> str:
    """The JSON type of a field's annotation, in a reader's words."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return " | ".join(_json_type(argument) for argument in arguments)
    if origin is Literal:
        return " | ".join(repr(value) for value in arguments)
    if arguments[:1] == (NamedField,):
        return "array of fields"
    if origin is tuple:
        return f"array of {_json_type(arguments[0])}s"
    if origin is Level:
        return "level"
    if annotation is TickStep:
        return "tick step"
    if annotation in _SCALARS:
        return _SCALARS[annotation]
    base = origin or annotation
    return "string" if isinstance(base, type) and issubclass(base, str) else "object"


_GROUPS: Final = (
    ("Market data", "trade"),
    ("What happens to a connection and its data", "connected"),
    ("Reference data and accounts", "instrument"),
)


def schema_page() -> str:
    """The page of the documentation: every event, every member, its type and its unit."""
    headings = {first: title for title, first in _GROUPS}
    lines = [_PREAMBLE]
    for schema in event_schemas():
        if schema.event in headings:
            lines += [f"## {headings[schema.event]}", ""]
        lines += _table(schema)
    lines += ["## FIX messages", "", _FIX, ""]
    for schema in fix_schemas():
        lines += _table(schema)
    return "\n".join(lines).rstrip("\n") + "\n"


def _table(schema: EventSchema) -> Iterator[str]:
    yield from (f"### `{schema.event}`", "", schema.summary, "", "| member | type | unit or meaning |", "|---|---|---|")
    yield from (f"| `{field.name}` | {field.type.replace('|', 'or')} | {field.unit} |" for field in schema.fields)
    yield ""


_FIX = """\
Printed by `barterpy fix decode --json` and `barterpy fix session --json`; `decode_event` does not read them.

A **field** is `{"tag", "name", "value", "label", "entries"}`: `value` is the text of the wire, `name` and `label` are
what the dictionary calls tag and value, null where it does not know them. `entries` is null except for a repeating
group, whose count the field is: then it is an array of entries, each an array of fields. Passwords, keys and
signatures are `REDACTED`."""

_PREAMBLE = """\
# JSON lines

Every command of `barterpy` that yields events prints them with `--json` as lines of this schema, and
`barterpy.jsonlines` reads and writes them from Python (`encode_event`, `decode_event`). This page is printed by
`barterpy schema`; `barterpy schema --json` prints the same as a JSON Schema.

- A line is one object. Its first member, `event`, says which of the types below it is.
- All members of a type are always there, in this order; `null` says that there is nothing to say.
- A **decimal string** is an exact number as text, without exponent, with the digits that the venue sent: `"0.00100"`.
  Where a program has chosen `float`, it is a JSON number instead; the command line never does.
- A **level** is an array of two decimal strings, price and size.
- Every time is an integer of nanoseconds since 1970-01-01 UTC, every duration an integer of nanoseconds. They do not
  fit in the 53 bits that JavaScript keeps of a number.
- Members may be added; none is renamed, removed or given another meaning. Ignore what you do not know.
"""
