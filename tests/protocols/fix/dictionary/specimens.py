"""Messages of every version that are as they should be, and the parts to spoil them with."""

from collections.abc import Iterable

from barterpy.protocols.fix.dictionary import Rules, Validator, builtin
from barterpy.protocols.fix.message import Message

FIX_4 = ("FIX.4.0", "FIX.4.1", "FIX.4.2", "FIX.4.3", "FIX.4.4")
FIX_5 = ("FIX.5.0", "FIX.5.0SP1", "FIX.5.0SP2")
ALL = (*FIX_4, *FIX_5)
AT = "20260102-03:04:05"


def make_validator(version: str, rules: Rules | None = None, *, sightings: int = 8) -> Validator:
    """What an acceptor of that version validates with; strict if nothing is said."""
    rules = Rules.strict() if rules is None else rules
    if version in FIX_5:
        return Validator(builtin("FIXT.1.1"), builtin(version), rules, sightings=sightings)
    return Validator(builtin(version), rules=rules, sightings=sightings)


def begin_string(version: str) -> str:
    return "FIXT.1.1" if version in FIX_5 else version


def message(version: str, body: str, *, kind: str = "D", header: str = f"34=2|49=TW|52={AT}|56=ISLD|") -> Message:
    """A message of a type with that header and body; length and checksum are right."""
    return Message.from_text(f"8={begin_string(version)}|35={kind}|{header}{body}")


def raw_message(version: str, fields: str) -> Message:
    """A message of which all but length and checksum is given."""
    return Message.from_text(f"8={begin_string(version)}|{fields}")


def order(version: str, *, without: Iterable[int] = (), **changed: str) -> str:
    """The body of a NewOrderSingle with what each version requires. ``_40="w"`` changes or adds a field."""
    fields = {11: "id", 21: "3", 38: "100", 40: "1", 54: "1", 55: "INTC", 60: AT}
    if version in ("FIX.4.0", "FIX.4.1"):
        del fields[60]
    fields |= {int(name.removeprefix("_")): value for name, value in changed.items()}
    return "".join(f"{tag}={value}|" for tag, value in fields.items() if tag not in set(without))
