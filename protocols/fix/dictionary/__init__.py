"""Dictionaries: what fields, messages and groups there are, for readers, for people, and for validation.

Built in are the versions of the standard (`builtin`); a counterparty's own comes from a file in QuickFIX's format
(`load_dictionary`) or from `Dictionary.extended`. A `Validator` holds messages to one of them.
"""

from barterpy.protocols.fix.dictionary.description import describe
from barterpy.protocols.fix.dictionary.errors import DictionaryError
from barterpy.protocols.fix.dictionary.loader import load_dictionary
from barterpy.protocols.fix.dictionary.model import (
    ComponentDefinition,
    ComponentMember,
    Dictionary,
    FieldDefinition,
    FieldMember,
    GroupMember,
    Layout,
    Member,
    MessageDefinition,
)
from barterpy.protocols.fix.dictionary.rules import Problem, Rules
from barterpy.protocols.fix.dictionary.validator import Validator
from barterpy.protocols.fix.dictionary.versions import APPL_VER_IDS, VERSIONS, builtin

__all__ = [
    "APPL_VER_IDS",
    "VERSIONS",
    "ComponentDefinition",
    "ComponentMember",
    "Dictionary",
    "DictionaryError",
    "FieldDefinition",
    "FieldMember",
    "GroupMember",
    "Layout",
    "Member",
    "MessageDefinition",
    "Problem",
    "Rules",
    "Validator",
    "builtin",
    "describe",
    "load_dictionary",
]
