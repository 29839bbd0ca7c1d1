"""Transformers made of transformers, which forward every hook and let every directive through.

Each combinator is an ordinary transformer itself: it goes where one goes, its state can be saved
(:mod:`barterpy.state`), and a recording replayed through it gives the same outputs.
"""

from barterpy.combinators.branching import Tee, tee
from barterpy.combinators.chaining import Chain, chain
from barterpy.combinators.elements import Filter, Map, filter, map, of_type  # noqa: A004 - see that module
from barterpy.combinators.keying import Keyed, instrument_of, keyed
from barterpy.combinators.rate import Conflate, Throttle, conflate, throttle

__all__ = [
    "Chain",
    "Conflate",
    "Filter",
    "Keyed",
    "Map",
    "Tee",
    "Throttle",
    "chain",
    "conflate",
    "filter",
    "instrument_of",
    "keyed",
    "map",
    "of_type",
    "tee",
    "throttle",
]
