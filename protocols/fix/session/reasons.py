"""Reject reasons and the texts that go with them, as FIX 4.4 volume 2 (Reject, 373) and volume 1 (380) name them.

Counterparties compare texts, so these are fixed: the words of the C++ engine most of them run.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

__all__ = [
    "APPLICATION_ERROR",
    "BUSINESS_TEXTS",
    "INCORRECT_BEGIN_STRING",
    "REJECT_TEXTS",
    "BusinessRejectReason",
    "SessionRejectReason",
    "too_high_text",
    "too_low_text",
]


class SessionRejectReason(IntEnum):
    """373."""

    INVALID_TAG_NUMBER = 0
    REQUIRED_TAG_MISSING = 1
    TAG_NOT_DEFINED_FOR_THIS_MESSAGE_TYPE = 2
    UNDEFINED_TAG = 3
    TAG_SPECIFIED_WITHOUT_A_VALUE = 4
    VALUE_IS_INCORRECT = 5
    INCORRECT_DATA_FORMAT = 6
    DECRYPTION_PROBLEM = 7
    SIGNATURE_PROBLEM = 8
    COMP_ID_PROBLEM = 9
    SENDING_TIME_ACCURACY_PROBLEM = 10
    INVALID_MSG_TYPE = 11
    XML_VALIDATION_ERROR = 12
    TAG_APPEARS_MORE_THAN_ONCE = 13
    TAG_OUT_OF_REQUIRED_ORDER = 14
    GROUP_FIELDS_OUT_OF_ORDER = 15
    INCORRECT_NUM_IN_GROUP_COUNT = 16
    NON_DATA_VALUE_INCLUDES_SOH = 17
    UNSUPPORTED_APPLICATION_VERSION = 18
    OTHER = 99


class BusinessRejectReason(IntEnum):
    """380."""

    OTHER = 0
    UNKNOWN_ID = 1
    UNKNOWN_SECURITY = 2
    UNSUPPORTED_MESSAGE_TYPE = 3
    APPLICATION_NOT_AVAILABLE = 4
    CONDITIONALLY_REQUIRED_FIELD_MISSING = 5
    NOT_AUTHORIZED = 6
    DELIVER_TO_FIRM_NOT_AVAILABLE = 7


REJECT_TEXTS: Final[Mapping[int, str]] = {
    SessionRejectReason.INVALID_TAG_NUMBER: "Invalid tag number",
    SessionRejectReason.REQUIRED_TAG_MISSING: "Required tag missing",
    SessionRejectReason.TAG_NOT_DEFINED_FOR_THIS_MESSAGE_TYPE: "Tag not defined for this message type",
    SessionRejectReason.UNDEFINED_TAG: "Undefined tag",
    SessionRejectReason.TAG_SPECIFIED_WITHOUT_A_VALUE: "Tag specified without a value",
    SessionRejectReason.VALUE_IS_INCORRECT: "Value is incorrect (out of range) for this tag",
    SessionRejectReason.INCORRECT_DATA_FORMAT: "Incorrect data format for value",
    SessionRejectReason.DECRYPTION_PROBLEM: "Decryption problem",
    SessionRejectReason.SIGNATURE_PROBLEM: "Signature problem",
    SessionRejectReason.COMP_ID_PROBLEM: "CompID problem",
    SessionRejectReason.SENDING_TIME_ACCURACY_PROBLEM: "SendingTime accuracy problem",
    SessionRejectReason.INVALID_MSG_TYPE: "Invalid MsgType",
    SessionRejectReason.XML_VALIDATION_ERROR: "XML validation error",
    SessionRejectReason.TAG_APPEARS_MORE_THAN_ONCE: "Tag appears more than once",
    SessionRejectReason.TAG_OUT_OF_REQUIRED_ORDER: "Tag specified out of required order",
    SessionRejectReason.GROUP_FIELDS_OUT_OF_ORDER: "Repeating group fields out of order",
    SessionRejectReason.INCORRECT_NUM_IN_GROUP_COUNT: "Incorrect NumInGroup count for repeating group",
    SessionRejectReason.NON_DATA_VALUE_INCLUDES_SOH: "Non-data value includes field delimiter",
    SessionRejectReason.UNSUPPORTED_APPLICATION_VERSION: "Invalid/Unsupported Application Version",
    SessionRejectReason.OTHER: "Other",
}

BUSINESS_TEXTS: Final[Mapping[int, str]] = {
    BusinessRejectReason.OTHER: "Other",
    BusinessRejectReason.UNKNOWN_ID: "Unknown ID",
    BusinessRejectReason.UNKNOWN_SECURITY: "Unknown Security",
    BusinessRejectReason.UNSUPPORTED_MESSAGE_TYPE: "Unsupported Message Type",
    BusinessRejectReason.APPLICATION_NOT_AVAILABLE: "Application not available",
    BusinessRejectReason.CONDITIONALLY_REQUIRED_FIELD_MISSING: "Conditionally Required Field Missing",
    BusinessRejectReason.NOT_AUTHORIZED: "Not authorized",
    BusinessRejectReason.DELIVER_TO_FIRM_NOT_AVAILABLE: "DeliverTo firm not available at this time",
}

INCORRECT_BEGIN_STRING: Final = "Incorrect BeginString"
APPLICATION_ERROR: Final = "Application error"


def too_low_text(expected: int, received: int) -> str:
    """58 of the Logout that answers a number which was there before."""
    return f"MsgSeqNum too low, expecting {expected} but received {received}"


def too_high_text(expected: int, received: int) -> str:
    """Why a connection ends whose venue serves no ResendRequest."""
    return f"MsgSeqNum too high, expecting {expected} but received {received}"
