"""Whether a message is what a dictionary says: the exact answer, and a fast one for what comes again and again.

Messages of one session have few shapes. When one was found valid, its sequence of tags becomes a regular expression in
which each value has the pattern of its field, so that the next message of that shape is split and validated by one
call. What matches no known shape is looked at field by field.
"""

import re
from collections.abc import Callable, Mapping

from barterpy.protocols.fix.dictionary.model import Dictionary, Layout
from barterpy.protocols.fix.dictionary.plan import Plan, Zone
from barterpy.protocols.fix.dictionary.rules import Problem, Rules
from barterpy.protocols.fix.dictionary.values import ValueRule
from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.shape import Shape, Shapes
from barterpy.protocols.fix.tags import DATA_FIELDS, HEADER_TAGS, TRAILER_TAGS

__all__ = ["Validator"]

# What is longer is the business of groups, and no two of those are alike.
_MAX_FIELDS_OF_A_SHAPE = 128
# The known tags of the largest version are a quarter of this; the others a peer made up, and they are let through.
_MAX_PATTERNS = 1 << 13
_NOTHING = Layout(())
_UNKNOWN_VALUE = rb"[^\x01]++"
_UNKNOWN_VALUE_OR_NONE = rb"[^\x01]*+"


class Validator:
    """Validates the messages of a session.

    ``session`` describes header, trailer and the session's messages, and, where there is no ``application``, all
    others too; with FIXT 1.1, ``application`` is the version of what it carries. ``rules`` says what is insisted on.
    ``shapes`` is how many sequences of tags are remembered, ``sightings`` how often one has to come before it is. Holds
    state (what it has learned), and may be shared by sessions that speak the same.
    """

    def __init__(
        self,
        session: Dictionary,
        application: Dictionary | None = None,
        rules: Rules | None = None,
        *,
        shapes: int = 256,
        sightings: int = 8,
    ) -> None:
        self.session: Dictionary = session
        self.application: Dictionary | None = application
        self.rules: Rules = Rules.lenient() if rules is None else rules
        self.data_fields: Mapping[int, int] = {
            **DATA_FIELDS,
            **session.data_fields,
            **({} if application is None else application.data_fields),
        }
        """The data field by the tag of the field that tells its length."""
        self._lengths = frozenset(self.data_fields)
        self._shapes = Shapes(shapes, sightings)
        self._header_tags = HEADER_TAGS | session.header_layout.tags
        self._trailer_tags = TRAILER_TAGS | session.trailer_layout.tags
        self._session_rules = _ValueRules(session, self.rules)
        self._application_rules = self._session_rules if application is None else _ValueRules(application, self.rules)
        self._plans: dict[str, Plan] = {}
        self._patterns: dict[bool, dict[int, bytes]] = {True: {}, False: {}}
        self._unknown = self._plan(None, is_session=application is None)
        self.match: Callable[[bytes], tuple[Shape, re.Match[bytes]] | None] = self._shapes.find
        """The fast way: the shape of a whole message and its values, where the message is certain to pass `check`.

        None where it is not known, which says nothing about the message.
        """

    def check(self, message: Message) -> Problem | None:
        """The first thing that is wrong with a message, or None.

        Not among the checks are those that need more than the message: BeginString and the CompIDs of the session,
        sequence numbers, time.
        """
        kind = message.msg_type
        plan = self._plans.get(kind) or self._plan_of(kind)
        fields = message.fields()
        problem, sizes = plan.check(fields)
        if problem is None and sizes is not None and len(fields) <= _MAX_FIELDS_OF_A_SHAPE:
            self._learn(kind, [tag for tag, _ in fields], sizes)
        return problem

    def is_session_message(self, msg_type: str) -> bool:
        """Whether the session's dictionary answers for a type, and not the application's."""
        return self.application is None or msg_type in self.session.messages

    def _plan_of(self, kind: str) -> Plan:
        is_session = self.is_session_message(kind)
        dictionary = self.session if is_session or self.application is None else self.application
        definition = dictionary.messages.get(kind)
        if definition is None:
            return self._unknown  # and not remembered: a peer can make up as many types as it likes
        plan = self._plans[kind] = self._plan(definition.layout, is_session=is_session)
        return plan

    def _plan(self, body: Layout | None, *, is_session: bool) -> Plan:
        session, application = self._session_rules, self._application_rules
        known = body is not None
        return Plan(
            Zone(self.session.header_layout, session, places_checked=False),
            Zone(
                _NOTHING if body is None else body,
                session if is_session else application,
                places_checked=known,
            ),
            Zone(self.session.trailer_layout, session, places_checked=False),
            self._header_tags,
            self._trailer_tags,
            self.rules,
            known=known,
        )

    def _learn(self, kind: str, tags: list[int], sizes: Mapping[int, int]) -> None:
        if not self._lengths.isdisjoint(tags) and any(
            length in tags and data in tags for length, data in self.data_fields.items()
        ):
            return  # the data may hold a separator, which no expression can tell from the end of the value
        patterns = self._patterns[self.is_session_message(kind)]
        for tag in tags:
            if tag not in patterns:
                if len(patterns) >= _MAX_PATTERNS:
                    patterns.clear()
                    return
                patterns[tag] = self._pattern(kind, tag)
        if sizes and self.rules.group_counts:
            counts = {tag: b"0*+%d" % size if size else b"0++" for tag, size in sizes.items()}
            patterns = {tag: counts.get(tag) or patterns[tag] for tag in tags}
        self._shapes.saw(kind, tags, patterns)

    def _pattern(self, kind: str, tag: int) -> bytes:
        if tag == 8:
            return re.escape(self.session.begin_string.encode())
        if tag == 9:
            return rb"[0-9]++"
        in_session = tag in self._header_tags or tag in self._trailer_tags or self.is_session_message(kind)
        rule = (self._session_rules if in_session else self._application_rules)[tag]
        if rule is not None:
            return rule.pattern()
        return _UNKNOWN_VALUE if self.rules.values else _UNKNOWN_VALUE_OR_NONE


class _ValueRules(dict[int, "ValueRule | None"]):
    """The rules of a dictionary's fields by tag, made when first asked for; None where it has no such field."""

    def __init__(self, dictionary: Dictionary, rules: Rules) -> None:
        super().__init__()
        self._fields = dictionary.fields
        self._rules = rules

    def __missing__(self, tag: int) -> ValueRule | None:
        definition = self._fields.get(tag)
        if definition is None:
            return None  # and not remembered: a peer can make up as many tags as it likes
        rule = self[tag] = ValueRule(definition, self._rules)
        return rule
