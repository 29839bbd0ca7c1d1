"""Numbers of the simulated Deribit as its FIX messages have them: exact, and sizes in contracts.

A size is contracts of which ContractMultiplier (231) makes the amount that every other API of the venue has.
"""

from decimal import Decimal
from typing import Final

from barterpy.clock import MILLISECOND
from barterpy.protocols.fix.outgoing import Field, Timestamp
from barterpy.testing.simulated.deribit.contracts import SimulatedContract

__all__ = ["contracts", "exact", "instrument_fields", "moment", "multiplier"]

_PUT_OR_CALL: Final = {"put": "0", "call": "1"}


def exact(number: float) -> Decimal:
    """The number that a float of the venue's JSON stands for."""
    value = Decimal(repr(number))
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()


def multiplier(contract: SimulatedContract) -> Decimal:
    """What a size of one contract is in amounts: the lot of a future, and one of everything else."""
    return Decimal(contract.lot) if contract.kind == "future" else Decimal(1)


def contracts(contract: SimulatedContract, amount: float) -> Decimal:
    """An amount in contracts."""
    return exact(float(exact(amount) / multiplier(contract)))


def moment(millis: int) -> Timestamp:
    """A time of the market, int milliseconds UTC, for a field."""
    return Timestamp(millis * MILLISECOND, "ms")


def instrument_fields(contract: SimulatedContract) -> list[Field]:
    """What each message about an instrument says of it."""
    fields: list[Field] = [(55, contract.name), (231, multiplier(contract))]
    if contract.strike is not None:
        fields.append((201, _PUT_OR_CALL[contract.option_type]))
    return fields
