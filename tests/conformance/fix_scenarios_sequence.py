"""Numbers, duplicates and garbled messages: FIX 4.4 volume 2, test cases 2, 3, 7, 10, 11 and 19."""

from tests.conformance.fix_scenario import Scripts
from tests.conformance.fix_versions import Version

__all__ = ["SEQUENCE"]

SEQUENCE = Scripts()
scenario = SEQUENCE.scenario

_LATER = "<T+10>"


def _begin(v: Version) -> str:
    return f"> {v.logon()}\n< {v.logon()}"


def _end(number: int, ours: int) -> str:
    return f"> 5|34={number}\n< 5|34={ours}\nclosed"


def _raw(v: Version, length: str, message_type: str, number: int, rest: str = "", checksum: str = "*") -> str:
    """A message with a BodyLength, or a CheckSum, that is not right."""
    return (
        f"<< 8={v.begin_string}|9={length}|35={message_type}|34={number}|49={v.comp_id}|52=<T>|56=ISLD{rest}"
        f"|10={checksum}"
    )


@scenario("2a_MsgSeqNumCorrect")
def _correct(v: Version) -> str:
    return f"""
        {_begin(v)}
        > 0|34=2
        > 0|34=3
        > 0|34=4
        > 0|34=5
        {_end(6, 2)}
    """


@scenario("2b_MsgSeqNumTooHigh")
def _too_high(v: Version) -> str:
    return f"""
        {_begin(v)}
        > 0|34=2
        > 0|34=3
        > 0|34=4
        > 1|34=10|112=EARLY
        < 2|34=2|7=5|16={v.open_end}
        > 0|34=5|43=Y|122=<T>
        > 0|34=6|43=Y|122=<T>
        > 0|34=7|43=Y|122=<T>
        > 0|34=8|43=Y|122=<T>
        > 0|34=9|43=Y|122=<T>
        < 0|34=3|112=EARLY
        > 1|34=11|112=ON TIME
        < 0|34=4|112=ON TIME
        {_end(12, 5)}
    """


@scenario("2b_MsgSeqNumTooHigh, orders")
def _orders_too_high(v: Version) -> str:
    return f"""
        {_begin(v)}
        > {v.order(2, "A")}
        < {v.order(2, "A")}
        > {v.order(5, "D")}
        < 2|34=3|7=3|16={v.open_end}
        > {v.order(6, "E")}
        > {v.order(3, "B", "43=Y|122=<T>")}
        < {v.order(4, "B")}
        > {v.order(4, "C", "43=Y|122=<T>")}
        < {v.order(5, "C")}
        < {v.order(6, "D")}
        < {v.order(7, "E")}
        {_end(7, 8)}
    """


@scenario("2c_MsgSeqNumTooLow")
def _too_low(v: Version) -> str:
    return f"""
        {_begin(v)}
        > 0|34=2
        > 0|34=3
        > 0|34=4
        > 0|34=2
        < 5|34=2|58=MsgSeqNum too low, expecting 5 but received 2
        closed
    """


def _garbled(v: Version, bad: str) -> str:
    """``bad`` is number 2, and gets no answer; what follows shows that it is missing."""
    return f"""
        {_begin(v)}
        {bad}
        > 1|34=3|112=NEXT
        < 2|34=2|7=2|16={v.open_end}
        > 0|34=2|43=Y|122=<T>
        < 0|34=3|112=NEXT
        {_end(4, 4)}
    """


@scenario("2d_GarbledMessage")
def _tag_without_number(v: Version) -> str:
    return _garbled(v, _raw(v, "*", "0", 2, "|TEST=HI"))


@scenario("3c_GarbledMessage")
def _field_without_tag(v: Version) -> str:
    return _garbled(v, _raw(v, "*", "D", 2, "|11=ID|21=1|ORDTYPE=1|54=1|55=INTC"))


@scenario("3c_GarbledMessage, no equals sign")
def _field_without_value(v: Version) -> str:
    return _garbled(v, _raw(v, "*", "0", 2, "|112"))


@scenario("3b_InvalidChecksum")
def _wrong_checksum(v: Version) -> str:
    sum_of_no_message = "\n".join(
        line for digits in ("999", "1", "") for line in (_raw(v, "*", "0", 2, checksum=digits),)
    )
    return _garbled(v, sum_of_no_message)


@scenario("2m_BodyLengthValueNotCorrect, too short")
def _length_too_short(v: Version) -> str:
    return _garbled(v, _raw(v, "10", "0", 2))


@scenario("2m_BodyLengthValueNotCorrect, too long")
def _length_too_long(v: Version) -> str:
    return f"""
        {_begin(v)}
        {_raw(v, "111", "0", 2)}
        > {v.order(3, "SWALLOWED")}
        > 1|34=4|112=NEXT
        < 2|34=2|7=2|16={v.open_end}
        > 0|34=2|43=Y|122=<T>
        > {v.order(3, "SWALLOWED", "43=Y|122=<T>")}
        < {v.order(3, "SWALLOWED")}
        < 0|34=4|112=NEXT
        {_end(5, 5)}
    """


@scenario("2t_FirstThreeFieldsOutOfOrder")
def _first_three(v: Version) -> str:
    rest = f"49={v.comp_id}|52=<T>|56=ISLD|10=*"
    return f"""
        {_begin(v)}
        << 35=0|8={v.begin_string}|9=*|34=2|{rest}
        << 8={v.begin_string}|9=*|34=2|35=0|{rest}
        > 1|34=2|112=IN ORDER
        < 0|34=2|112=IN ORDER
        {_end(3, 3)}
    """


@scenario("2e_PossDupAlreadyReceived")
def _duplicate(v: Version) -> str:
    return f"""
        {_begin(v)}
        > 0|34=2
        > 1|34=3|112=ONCE
        < 0|34=2|112=ONCE
        > 1|34=3|43=Y|122=<T>|112=ONCE
        > 0|34=4
        {_end(5, 3)}
    """


@scenario("2e_PossDupNotReceived")
def _duplicate_that_is_none(v: Version) -> str:
    return f"""
        {_begin(v)}
        > 0|34=2
        > 1|34=3|43=Y|122=<T>|112=FIRST
        < 0|34=2|112=FIRST
        {_end(4, 3)}
    """


@scenario("2f_PossDupOrigSendingTimeTooHigh")
def _duplicate_from_the_future(v: Version) -> str:
    return f"""
        {_begin(v)}
        > 0|34=2
        > 0|34=2|43=Y|122={_LATER}
        < {v.reject(2, 2, "0", 10, "SendingTime accuracy problem")}
        < 5|34=3
        > 5|34=3
        closed
    """


@scenario("2g_PossDupNoOrigSendingTime")
def _duplicate_without_its_time(v: Version) -> str:
    return f"""
        {_begin(v)}
        > 0|34=2
        > 0|34=2|43=Y
        < {v.reject(2, 2, "0", 1, "Required tag missing", 122)}
        > 1|34=3|112=NOT MOVED
        < 0|34=3|112=NOT MOVED
        {_end(4, 4)}
    """


@scenario("2o_SendingTimeValueOutOfRange")
def _sending_time_off(v: Version) -> str:
    return "\n".join(
        f"""
        {_begin(v)}
        > 0|34=2|52={stamp}
        < {v.reject(2, 2, "0", 10, "SendingTime accuracy problem")}
        < 5|34=3
        > 5|34=3
        closed
        """
        for stamp in ("<T-121>", "<T+121>")
    )


@scenario("7_ReceiveRejectMessage")
def _rejected(v: Version) -> str:
    return f"""
        {_begin(v)}
        > 3|34=2|45=1|58=NO
        > 1|34=3|112=NEXT
        < 0|34=2|112=NEXT
        {_end(4, 3)}
    """


@scenario("10_MsgSeqNumEqual")
def _gap_fill(v: Version) -> str:
    return f"""
        {_begin(v)}
        > 4|34=2|36=20|123=Y
        > 1|34=20|112=THERE
        < 0|34=2|112=THERE
        {_end(21, 3)}
    """


@scenario("10_MsgSeqNumGreater")
def _gap_fill_too_high(v: Version) -> str:
    return f"""
        {_begin(v)}
        > 4|34=5|36=20|123=Y
        < 2|34=2|7=2|16={v.open_end}
        > 4|34=2|43=Y|122=<T>|36=5|123=Y
        > 1|34=20|112=THERE
        < 0|34=3|112=THERE
        {_end(21, 4)}
    """


@scenario("10_MsgSeqNumLess")
def _gap_fill_too_low(v: Version) -> str:
    return f"""
        {_begin(v)}
        > 0|34=2
        > 4|34=2|43=Y|122=<T>|36=20|123=Y
        > 1|34=3|112=UNMOVED
        < 0|34=2|112=UNMOVED
        > 4|34=2|36=20|123=Y
        < 5|34=3|58=MsgSeqNum too low, expecting 4 but received 2
        closed
    """


@scenario("11a_NewSeqNoGreater")
def _reset_up(v: Version) -> str:
    return f"""
        {_begin(v)}
        > 4|34=0|36=20
        > 1|34=20|112=THERE
        < 0|34=2|112=THERE
        > 4|34=0|36=30|123=N
        > 1|34=30|112=THERE TOO
        < 0|34=3|112=THERE TOO
        {_end(31, 4)}
    """


@scenario("11b_NewSeqNoEqual")
def _reset_to_where_it_is(v: Version) -> str:
    return f"""
        {_begin(v)}
        > 4|34=0|36=2
        > 4|34=0|36=2|123=N
        > 1|34=2|112=HERE
        < 0|34=2|112=HERE
        {_end(3, 3)}
    """


@scenario("11c_NewSeqNoLess")
def _reset_down(v: Version) -> str:
    wrong = "Value is incorrect (out of range) for this tag"
    return f"""
        {_begin(v)}
        > 0|34=2
        > 0|34=3
        > 4|34=0|36=1
        < {v.reject(2, 0, "4", 5, wrong)}
        > 4|34=0|36=2|123=N
        < {v.reject(3, 0, "4", 5, wrong)}
        > 1|34=4|112=UNMOVED
        < 0|34=4|112=UNMOVED
        {_end(5, 5)}
    """


@scenario("19a_PossResendMessageThatHasAlreadyBeenSent")
def _seen_before(v: Version) -> str:
    return f"""
        {_begin(v)}
        > {v.order(2, "A")}
        < {v.order(2, "A")}
        > {v.order(3, "A", "97=Y")}
        > {v.order(4, "B")}
        < {v.order(3, "B")}
        {_end(5, 4)}
    """


@scenario("19b_PossResendMessageThatHasNotBeenSent")
def _not_seen_before(v: Version) -> str:
    return f"""
        {_begin(v)}
        > {v.order(2, "A")}
        < {v.order(2, "A")}
        > {v.order(3, "B", "97=Y")}
        < {v.order(3, "B", "97=Y")}
        {_end(4, 4)}
    """
