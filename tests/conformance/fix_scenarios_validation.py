"""What is wrong with a message, and how it is told: FIX 4.4 volume 2, test cases 2q, 2r, 14, 15 and 21."""

from tests.conformance.fix_scenario import Scripts, since
from tests.conformance.fix_versions import EMPTY_VALUES, VERSION_TW, Version

__all__ = ["VALIDATION"]

VALIDATION = Scripts()
scenario = VALIDATION.scenario

_UNKNOWN = "Invalid tag number"
_MISSING = "Required tag missing"
_MISPLACED = "Tag not defined for this message type"
_EMPTY = "Tag specified without a value"
_RANGE = "Value is incorrect (out of range) for this tag"
_FORMAT = "Incorrect data format for value"
_TWICE = "Tag appears more than once"
_ORDER = "Tag specified out of required order"
_COUNT = "Incorrect NumInGroup count for repeating group"


def _begin(v: Version) -> str:
    return f"> {v.logon()}\n< {v.logon()}"


def _end(number: int, ours: int) -> str:
    return f"> 5|34={number}\n< 5|34={ours}\nclosed"


@scenario("2q_MsgTypeNotValid")
def _no_type(v: Version) -> str:
    return f"""
        {_begin(v)}
        > *|34=2
        < {v.reject(2, 2, "*", 11, "Invalid MsgType")}
        {_end(3, 3)}
    """


@scenario("2r_UnregisteredMsgType")
def _unregistered_type(v: Version) -> str:
    return f"""
        {_begin(v)}
        > {v.execution_report(2)}
        < {v.unsupported(2, 2, "8")}
        {_end(3, 3)}
    """


@scenario("14a_BadField")
def _bad_field(v: Version) -> str:
    return f"""
        {_begin(v)}
        > 0|34=2|999=HI
        < {v.reject(2, 2, "0", 0, _UNKNOWN, 999)}
        > 0|34=3|0=HI
        < {v.reject(3, 3, "0", 0, _UNKNOWN, 0)}
        > 0|34=4|-1=HI
        < {v.reject(4, 4, "0", 0, _UNKNOWN, -1)}
        > 0|34=5|5000=HI
        < {v.reject(5, 5, "0", 0, _UNKNOWN, 5000)}
        > {v.order(6, "A")}|5000=HI
        < {v.reject(6, 6, "D", 0, _UNKNOWN, 5000)}
        > 1|34=7|112=NEXT
        < 0|34=7|112=NEXT
        {_end(8, 8)}
    """


@scenario("14b_RequiredFieldMissing")
def _missing(v: Version) -> str:
    return f"""
        {_begin(v)}
        > 0|34=2|!56
        < {v.reject(2, 2, "0", 1, _MISSING, 56)}
        > {v.order(3, "A", without=40)}
        < {v.reject(3, 3, "D", 1, _MISSING, 40)}
        > {v.order(4, "A", without=11)}
        < {v.reject(4, 4, "D", 1, _MISSING, 11)}
        > 1|34=5
        < {v.reject(5, 5, "1", 1, _MISSING, 112)}
        {_end(6, 6)}
    """


@scenario("14c_TagNotDefinedForMsgType")
def _misplaced(v: Version) -> str:
    tag = 58 if v.fixt else 55
    return f"""
        {_begin(v)}
        > 0|34=2|{tag}=MSFT
        < {v.reject(2, 2, "0", 2, _MISPLACED, tag)}
        {_end(3, 3)}
    """


@scenario("14d_TagSpecifiedWithoutValue")
def _empty(v: Version) -> str:
    return f"""
        {_begin(v)}
        > 0|34=2|56=
        < {v.reject(2, 2, "0", 4, _EMPTY, 56)}
        > {v.order(3, "A", "55=")}
        < {v.reject(3, 3, "D", 4, _EMPTY, 55)}
        {_end(4, 4)}
    """


@scenario("14e_IncorrectEnumValue")
def _out_of_range(v: Version) -> str:
    return f"""
        {_begin(v)}
        > {v.order(2, "A", "21=4")}
        < {v.reject(2, 2, "D", 5, _RANGE, 21)}
        > {v.order(3, "A", "40=$")}
        < {v.reject(3, 3, "D", 5, _RANGE, 40)}
        > {v.order(4, "A")}
        < {v.order(4, "A")}
        {_end(5, 5)}
    """


@scenario("14e_IncorrectEnumValue, types of securities", since(42))
def _security_type(v: Version) -> str:
    return f"""
        {_begin(v)}
        > {v.order(2, "A", "167=BOO")}
        < {v.reject(2, 2, "D", 5, _RANGE, 167)}
        > {v.order(3, "A", "38=002000.00|167=CS")}
        < {v.order(3, "A", "38=002000.00|167=CS")}
        {_end(4, 4)}
    """


@scenario("14f_IncorrectDataFormat")
def _wrong_format(v: Version) -> str:
    return f"""
        {_begin(v)}
        > {v.order(2, "A", "38=+200.00")}
        < {v.reject(2, 2, "D", 6, _FORMAT, 38)}
        > {v.order(3, "A", "38=two")}
        < {v.reject(3, 3, "D", 6, _FORMAT, 38)}
        > 0|34=4|97=P
        < {v.reject(4, 4, "0", 6, _FORMAT, 97)}
        {_end(5, 5)}
    """


@scenario("14g_HeaderBodyTrailerFieldsOutOfOrder")
def _zones(v: Version) -> str:
    body = v.order(0, "A").split("|", 2)[2]
    header = f"49={v.comp_id}|52=<T>|56=ISLD"
    return f"""
        {_begin(v)}
        << 8={v.begin_string}|9=*|35=D|{header}|{body}|34=2|10=*
        < {v.reject(2, 2, "D", 14, _ORDER, 34)}
        << 8={v.begin_string}|9=*|35=D|34=3|{body}|{header}|10=*
        < {v.reject(3, 3, "D", 14, _ORDER, 49)}
        {_end(4, 4)}
    """


@scenario("14h_RepeatedTag")
def _repeated(v: Version) -> str:
    last = v.order(2, "A").rsplit("|", 1)
    return f"""
        {_begin(v)}
        > {last[0]}|40=1|{last[1]}
        < {v.reject(2, 2, "D", 13, _TWICE, 40)}
        {_end(3, 3)}
    """


@scenario("14i_RepeatingGroupCountNotEqual", since(42))
def _group_count(v: Version) -> str:
    return f"""
        {_begin(v)}
        > {v.order(2, "A")}|386=3|336=PRE|336=AFTER
        < {v.reject(2, 2, "D", 16, _COUNT, 386)}
        > {v.order(3, "A")}|386=1|336=PRE|336=AFTER
        < {v.reject(3, 3, "D", 16, _COUNT, 386)}
        {_end(4, 4)}
    """


@scenario("14i_RepeatingGroupCountNotEqual, and one that is", since(42))
def _group(v: Version) -> str:
    return f"""
        {_begin(v)}
        > {v.order(2, "A")}|386=2|336=PRE|336=AFTER
        < {v.order(2, "A")}|386=2|336=PRE|336=AFTER
        {_end(3, 3)}
    """


@scenario("15_HeaderAndBodyFieldsOrderedDifferently")
def _any_order(v: Version) -> str:
    fields = v.order(2, "A").split("|")
    body = "|".join(fields[:1:-1])
    return f"""
        {_begin(v)}
        << 8={v.begin_string}|9=*|35=D|56=ISLD|34=2|52=<T>|49={v.comp_id}|{body}|10=*
        < {v.order(2, "A")}
        << 8={v.begin_string}|9=*|35=D|52=<T>|115=JCD|56=ISLD|49={v.comp_id}|34=3|97=N|{body}|10=*
        < {v.order(3, "A", "97=N|115=JCD")}
        {_end(4, 4)}
    """


@scenario("21_RepeatingGroupSpecifierWithValueOfZero", since(42))
def _empty_group(v: Version) -> str:
    definition = f"d|34=2|{'146=0|320=1|322=1|323=1|393=0' if v.number == 42 else '320=1|322=1|323=1|454=0'}"
    return f"""
        {_begin(v)}
        > {definition}
        < {definition}
        {_end(3, 3)}
    """


@scenario("ReverseRoute")
def _reverse_route(v: Version) -> str:
    there, back = "115=A|116=B|128=C|129=D", "115=C|116=D|128=A|129=B"
    if v.number > 40:
        there, back = f"{there}|144=E|145=F", "115=C|116=D|128=A|129=B|144=F|145=E"
    return f"""
        {_begin(v)}
        > 0|34=2|{there}|999=HI
        < {v.reject(2, 2, "0", 0, _UNKNOWN, 999, f"|{back}")}
        > 0|34=3|115=A|116=B|999=HI
        < {v.reject(3, 3, "0", 0, _UNKNOWN, 999, "|128=A|129=B")}
        > 0|34=4|128=C|129=D|999=HI
        < {v.reject(4, 4, "0", 0, _UNKNOWN, 999, "|115=C|116=D")}
        {_end(5, 5)}
    """


@scenario("ReverseRoute, places that FIX 4.0 has not", (since(40)[0],))
def _no_places(v: Version) -> str:
    return f"""
        {_begin(v)}
        > 0|34=2|115=A|116=B|144=E
        < {v.reject(2, 2, "0", 0, _UNKNOWN, 144, "|128=A|129=B")}
        > 0|34=3|145=F
        < {v.reject(3, 3, "0", 0, _UNKNOWN, 145)}
        {_end(4, 4)}
    """


@scenario("ReverseRouteWithEmptyRoutingTags")
def _empty_route(v: Version) -> str:
    return f"""
        {_begin(v)}
        > 0|34=2|115=|116=B|128=C|129=
        < {v.reject(2, 2, "0", 4, _EMPTY, 115, "|115=C|129=B")}
        > 0|34=3|115=A|116=|128=|129=D
        < {v.reject(3, 3, "0", 4, _EMPTY, 116, "|116=D|128=A")}
        {_end(4, 4)}
    """


@scenario("CheckFieldsHaveValues", (VERSION_TW,))
def _values_are_asked_for(v: Version) -> str:
    return f"""
        {_begin(v)}
        > 1|34=2|112=
        < {v.reject(2, 2, "1", 4, _EMPTY, 112)}
        {_end(3, 3)}
    """


@scenario("CheckFieldsHaveValues, and not", (EMPTY_VALUES,))
def _values_are_not_asked_for(v: Version) -> str:
    return f"""
        {_begin(v)}
        > 1|34=2|112=
        < 0|34=2|112=
        {_end(3, 3)}
    """
