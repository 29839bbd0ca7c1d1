"""Whether a message is what a dictionary says: the exact answer, and a fast one for what comes again and again.

Messages of one session have few shapes. When one was found valid, its sequence of tags becomes a regular expression in
which each value has the pattern of its field, so that the next message of that shape is split and validated by one
call. What matches no known shape is looked at field by field.
"""

import re
from collections.abc import Callable, Mapping
from copy import copy
from operator import itemgetter
from types import MappingProxyType
from typing import TypeAlias

from barterpy.errors import ConfigurationError
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
_APPL_VER_ID = 1128
_CSTM_APPL_VER_ID = 1129
# Combinations of defaults whose validators are kept; each remembers shapes.
_MAX_SPOKEN = 64
_UNKNOWN_VALUE = rb"[^\x01]++"
_UNKNOWN_VALUE_OR_NONE = rb"[^\x01]*+"


class Validator:
    """Validates the messages of a session.

    ``session`` describes header, trailer and the session's messages, and, where there is no ``application``, all
    others too; with FIXT 1.1, ``application`` is the version of what it carries. ``rules`` says what is insisted on.
    ``shapes`` is how many sequences of tags are remembered, ``sightings`` how often one has to come before it is. Holds
    state (what it has learned), and may be shared by sessions that speak the same.

    With ``applications``, dictionaries by ApplVerID (1128), an application message that carries 1128 is held to the one
    it names, and any other to ``application``; a version that is not among them is reason 18. Without, 1128 is a field
    like any other. Whose Logon names one of them as DefaultApplVerID (1137) is held to that one: :meth:`speaking`.

    ``customs`` are dictionaries by CstmApplVerID (1129): what two counterparties have made of a version. A message that
    names one is held to it, whatever its ApplVerID; one that is not among them is reason 18. Without, 1129 is a field
    like any other.

    :raises barterpy.errors.ConfigurationError: ``applications`` or ``customs`` without ``application``
    """

    def __init__(
        self,
        session: Dictionary,
        application: Dictionary | None = None,
        rules: Rules | None = None,
        *,
        applications: Mapping[str, Dictionary] | None = None,
        customs: Mapping[str, Dictionary] | None = None,
        shapes: int = 256,
        sightings: int = 8,
    ) -> None:
        if application is None and (applications or customs):
            name = "applications" if applications else "customs"
            raise ConfigurationError(f"{name} needs application: the version of a message that names none")
        self.session: Dictionary = session
        self.application: Dictionary | None = application
        self.applications: Mapping[str, Dictionary] = {} if applications is None else dict(applications)
        """The versions that a message may name, by ApplVerID (1128)."""
        self.customs: Mapping[str, Dictionary] = {} if customs is None else dict(customs)
        """The custom ones, by CstmApplVerID (1129)."""
        self.rules: Rules = Rules.lenient() if rules is None else rules
        self.data_fields: Mapping[int, int] = {
            **DATA_FIELDS,
            **session.data_fields,
            **({} if application is None else application.data_fields),
            **{
                tag: data
                for one in (*self.applications.values(), *self.customs.values())
                for tag, data in one.data_fields.items()
            },
        }
        """The data field by the tag of the field that tells its length."""
        self._limits = shapes, sightings
        self._lengths = frozenset(self.data_fields)
        self._shapes = Shapes(shapes, sightings)
        self._header_tags = HEADER_TAGS | session.header_layout.tags
        self._trailer_tags = TRAILER_TAGS | session.trailer_layout.tags
        self._session = _Vocabulary(session, self.rules)
        self._default = self._session if application is None else _Vocabulary(application, self.rules)
        self._versions = {
            name.encode(): self._default if one is application else _Vocabulary(one, self.rules)
            for name, one in self.applications.items()
        }
        self._customs = {name.encode(): _Vocabulary(one, self.rules) for name, one in self.customs.items()}
        self._by_type: Mapping[str, _Vocabulary | None] = {}
        """What messages are of that do not say it, where that is not the default; None for what nobody knows here."""
        self._speaking: dict[_Spoken, Validator] = {(self._default, ()): self}
        self._header = Zone(session.header_layout, self._session.rules, places_checked=False)
        self._trailer = Zone(session.trailer_layout, self._session.rules, places_checked=False)
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
        vocabulary = self._session if self.is_session_message(kind) else self._default
        version = custom = b""
        if vocabulary is not self._session and (self._versions or self._customs):
            version = message.value(_APPL_VER_ID) or b"" if self._versions else b""
            custom = message.value(_CSTM_APPL_VER_ID) or b"" if self._customs else b""
            if custom:
                named = self._customs.get(custom)
            elif version:
                named = self._versions.get(version)
            else:
                named = self._by_type.get(kind, vocabulary)
            if named is None:
                return Problem.of(18, _CSTM_APPL_VER_ID if custom else _APPL_VER_ID if version else None)
            vocabulary = named
        plan = vocabulary.plans.get(kind) or self._plan_of(vocabulary, kind)
        fields = message.fields()
        problem, sizes = plan.check(fields)
        if problem is None and sizes is not None and len(fields) <= _MAX_FIELDS_OF_A_SHAPE:
            self._learn(vocabulary, kind, (version, custom), [tag for tag, _ in fields], sizes)
        return problem

    def is_session_message(self, msg_type: str) -> bool:
        """Whether the session's dictionary answers for a type, and not the application's."""
        return self.application is None or msg_type in self.session.messages

    def speaking(
        self,
        appl_ver_id: str,
        cstm_appl_ver_id: str = "",
        by_type: Mapping[str, tuple[str, str]] = MappingProxyType({}),
        /,
    ) -> "Validator | None":
        """The validator of a session whose default is that version (DefaultApplVerID, 1137; DefaultCstmApplVerID,
        1408); None if it is none of :attr:`applications`, or of :attr:`customs`. Where there are neither, this one,
        whatever the version.

        :param by_type: the pair of versions, by MsgType, of those which have a default of their own (NoMsgTypes, 384).
            Messages of a type whose version is not known are rejected, unless they name another one
        """
        default = self._named(appl_ver_id, cstm_appl_ver_id)
        if default is None:
            return None
        types = {kind: self._named(*version) for kind, version in by_type.items() if not self.is_session_message(kind)}
        types = {kind: named for kind, named in types.items() if named is not default}
        key = default, tuple(sorted(types.items(), key=itemgetter(0)))
        known = self._speaking.get(key)
        if known is None:
            others = [one for one in self._speaking if one[1]]
            if types and len(others) >= _MAX_SPOKEN:  # a peer can make up as many as it likes
                del self._speaking[others[0]]
            known = self._speaking[key] = self._beginning_with(default, types)
        return known

    def _named(self, appl_ver_id: str, cstm_appl_ver_id: str) -> "_Vocabulary | None":
        if cstm_appl_ver_id and self._customs:
            return self._customs.get(cstm_appl_ver_id.encode("utf-8", "surrogateescape"))
        if appl_ver_id and self._versions:
            return self._versions.get(appl_ver_id.encode("utf-8", "surrogateescape"))
        return self._default

    def _beginning_with(self, default: "_Vocabulary", by_type: "Mapping[str, _Vocabulary | None]") -> "Validator":
        """The same with other defaults. What it learns of messages is its own, what it knows of versions is shared."""
        other = copy(self)
        other.application = default.dictionary
        other._default, other._by_type = default, by_type
        other._shapes = Shapes(*self._limits)
        other.match = other._shapes.find
        return other

    def _plan_of(self, vocabulary: "_Vocabulary", kind: str) -> Plan:
        definition = vocabulary.dictionary.messages.get(kind)
        if definition is not None:
            plan = vocabulary.plans[kind] = self._plan(vocabulary, definition.layout)
            return plan
        if vocabulary.unknown is None:  # one for all of them: a peer can make up as many types as it likes
            vocabulary.unknown = self._plan(vocabulary, None)
        return vocabulary.unknown

    def _plan(self, vocabulary: "_Vocabulary", body: Layout | None) -> Plan:
        known = body is not None
        return Plan(
            self._header,
            Zone(_NOTHING if body is None else body, vocabulary.rules, places_checked=known),
            self._trailer,
            self._header_tags,
            self._trailer_tags,
            self.rules,
            known=known,
        )

    def _learn(
        self,
        vocabulary: "_Vocabulary",
        kind: str,
        version: tuple[bytes, bytes],
        tags: list[int],
        sizes: Mapping[int, int],
    ) -> None:
        if not self._lengths.isdisjoint(tags) and any(
            length in tags and data in tags for length, data in self.data_fields.items()
        ):
            return  # the data may hold a separator, which no expression can tell from the end of the value
        patterns = vocabulary.patterns
        for tag in tags:
            if tag not in patterns:
                if len(patterns) >= _MAX_PATTERNS:
                    patterns.clear()
                    return
                patterns[tag] = self._pattern(vocabulary, tag)
        special: dict[int, bytes] = {}
        if sizes and self.rules.group_counts:
            special = {tag: b"0*+%d" % size if size else b"0++" for tag, size in sizes.items()}
        if vocabulary is not self._session:  # what another version says of these tags may be another thing
            if self._versions:
                special[_APPL_VER_ID] = re.escape(version[0])
            if self._customs:
                special[_CSTM_APPL_VER_ID] = re.escape(version[1])
        if special:
            patterns = {tag: special[tag] if tag in special else patterns[tag] for tag in tags}
        self._shapes.saw(kind, tags, patterns)

    def _pattern(self, vocabulary: "_Vocabulary", tag: int) -> bytes:
        if tag == 8:
            return re.escape(self.session.begin_string.encode())
        if tag == 9:
            return rb"[0-9]++"
        in_session = tag in self._header_tags or tag in self._trailer_tags
        rule = (self._session if in_session else vocabulary).rules[tag]
        if rule is not None:
            return rule.pattern()
        return _UNKNOWN_VALUE if self.rules.values else _UNKNOWN_VALUE_OR_NONE


class _Vocabulary:
    """What is known by one dictionary: made when first asked for, and learned."""

    __slots__ = ("dictionary", "patterns", "plans", "rules", "unknown")

    def __init__(self, dictionary: Dictionary, rules: Rules) -> None:
        self.dictionary = dictionary
        self.rules = _ValueRules(dictionary, rules)
        self.plans: dict[str, Plan] = {}
        self.unknown: Plan | None = None
        self.patterns: dict[int, bytes] = {}


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


_Spoken: TypeAlias = tuple[_Vocabulary, tuple[tuple[str, "_Vocabulary | None"], ...]]
"""The default, and what differs from it by type."""
