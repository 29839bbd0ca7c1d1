"""Resending what was sent, and asking for it: FIX 4.4 volume 2, test cases 8, 18 and 20."""

from tests.conformance.fix_scenario import Scripts
from tests.conformance.fix_versions import Version

__all__ = ["RESEND"]

RESEND = Scripts()
scenario = RESEND.scenario

_AGAIN = "43=Y|122=<T>"


def _begin(v: Version) -> str:
    return f"> {v.logon()}\n< {v.logon()}"


def _end(number: int, ours: int) -> str:
    return f"> 5|34={number}\n< 5|34={ours}\nclosed"


def _again(v: Version, number: int, identity: str) -> str:
    """An order of ours that was sent before under that number, as it has to come."""
    return f"< {v.order(number, identity, f'43=Y|122=<T#{number}>')}"


def _filled(number: int, following: int) -> str:
    return f"< 4|34={number}|43=Y|122=<T52>|36={following}|123=Y"


@scenario("8_OnlyAdminMessages")
def _only_admin(v: Version) -> str:
    return f"""
        {_begin(v)}
        > 1|34=2|112=A
        < 0|34=2|112=A
        > 1|34=3|112=B
        < 0|34=3|112=B
        > 1|34=4|112=C
        < 0|34=4|112=C
        > 2|34=5|7=1|16=4
        {_filled(1, 5)}
        > 2|34=5|7=2|16=4
        {_filled(2, 5)}
        > 2|34=5|7=2|16=3
        {_filled(2, 4)}
        > 2|34=5|7=1|16={v.open_end}
        {_filled(1, 5)}
        > 1|34=6|112=UNMOVED
        < 0|34=5|112=UNMOVED
        {_end(7, 6)}
    """


@scenario("8_OnlyApplicationMessages")
def _only_application(v: Version) -> str:
    return f"""
        {_begin(v)}
        > {v.order(2, "A")}
        < {v.order(2, "A")}
        > {v.order(3, "B")}
        < {v.order(3, "B")}
        > {v.order(4, "C")}
        < {v.order(4, "C")}
        > 1|34=5|112=ADMIN
        < 0|34=5|112=ADMIN
        > 2|34=6|7=2|16=4
        {_again(v, 2, "A")}
        {_again(v, 3, "B")}
        {_again(v, 4, "C")}
        > 2|34=7|7=2|16={v.open_end}
        {_again(v, 2, "A")}
        {_again(v, 3, "B")}
        {_again(v, 4, "C")}
        {_filled(5, 6)}
        > 2|34=8|7=3|16=3
        {_again(v, 3, "B")}
        {_end(9, 6)}
    """


@scenario("8_AdminAndApplicationMessages")
def _admin_and_application(v: Version) -> str:
    return f"""
        {_begin(v)}
        > {v.order(2, "A")}
        < {v.order(2, "A")}
        > 1|34=3|112=B
        < 0|34=3|112=B
        > 1|34=4|112=C
        < 0|34=4|112=C
        > {v.order(5, "D")}
        < {v.order(5, "D")}
        > 1|34=6|112=E
        < 0|34=6|112=E
        > 2|34=7|7=1|16={v.open_end}
        {_filled(1, 2)}
        {_again(v, 2, "A")}
        {_filled(3, 5)}
        {_again(v, 5, "D")}
        {_filled(6, 7)}
        > 2|34=8|7=2|16=5
        {_again(v, 2, "A")}
        {_filled(3, 5)}
        {_again(v, 5, "D")}
        > 2|34=9|7=3|16=5
        {_filled(3, 5)}
        {_again(v, 5, "D")}
        > 2|34=10|7=4|16=4
        {_filled(4, 5)}
        > 2|34=11|7=5|16=6
        {_again(v, 5, "D")}
        {_filled(6, 7)}
        > 1|34=12|112=UNMOVED
        < 0|34=7|112=UNMOVED
        {_end(13, 8)}
    """


@scenario("8_AdminAndApplicationMessages, up to 999999")
def _all_of_it(v: Version) -> str:
    if v.number > 42:  # from 4.3 on it is a number like any other, beyond the last
        return _beyond(v, 100)
    return _beyond(v, 999999)


def _beyond(v: Version, end: int) -> str:
    return f"""
        {_begin(v)}
        > {v.order(2, "A")}
        < {v.order(2, "A")}
        > 2|34=3|7=1|16={end}
        {_filled(1, 2)}
        {_again(v, 2, "A")}
        {_end(4, 3)}
    """


@scenario("20_SimultaneousResendRequest, early")
def _asked_early(v: Version) -> str:
    return f"""
        {_begin(v)}
        > {v.order(2, "A")}
        < {v.order(2, "A")}
        > {v.order(3, "B")}
        < {v.order(3, "B")}
        > 2|34=7|7=2|16={v.open_end}
        {_again(v, 2, "A")}
        {_again(v, 3, "B")}
        > {v.order(4, "C", _AGAIN)}
        < {v.order(4, "C")}
        > {v.order(5, "D", _AGAIN)}
        < {v.order(5, "D")}
        > {v.order(6, "E", _AGAIN)}
        < {v.order(6, "E")}
        > 4|34=7|{_AGAIN}|36=8|123=Y
        > 1|34=8|112=ON
        < 0|34=7|112=ON
        {_end(9, 8)}
    """


@scenario("20_SimultaneousResendRequest")
def _both_ask(v: Version) -> str:
    return f"""
        {_begin(v)}
        > {v.order(2, "A")}
        < {v.order(2, "A")}
        > {v.order(3, "B")}
        < {v.order(3, "B")}
        > 1|34=7|112=EARLY
        < 2|34=4|7=4|16={v.open_end}
        > 2|34=8|7=2|16={v.open_end}
        {_again(v, 2, "A")}
        {_again(v, 3, "B")}
        {_filled(4, 5)}
        > {v.order(4, "C", _AGAIN)}
        < {v.order(5, "C")}
        > {v.order(5, "D", _AGAIN)}
        < {v.order(6, "D")}
        > {v.order(6, "E", _AGAIN)}
        < {v.order(7, "E")}
        < 0|34=8|112=EARLY
        > 4|34=8|{_AGAIN}|36=9|123=Y
        > 1|34=9|112=ON
        < 0|34=9|112=ON
        {_end(10, 10)}
    """


@scenario("RejectResentMessage")
def _resent_and_rejected(v: Version) -> str:
    wrong = v.order(2, "A", "43=Y|122=<T>|126=20040415")
    return f"""
        {_begin(v)}
        > 1|34=3|112=HELLO1
        < 2|34=2|7=2|16={v.open_end}
        > {wrong}
        < {v.reject(3, 2, "D", 6, "Incorrect data format for value", 126)}
        < 0|34=4|112=HELLO1
        > 1|34=4|112=HELLO2
        < 0|34=5|112=HELLO2
        {_end(5, 6)}
    """
