"""Logons, logouts and what is no logon: FIX 4.4 volume 2, test cases 1, 2i to 2k, 4, 6 and 13."""

from tests.conformance.fix_scenario import Scripts, since
from tests.conformance.fix_versions import VERSIONS, Version

__all__ = ["LOGON"]

LOGON = Scripts()
scenario = LOGON.scenario


@scenario("1a_ValidLogonWithCorrectMsgSeqNum")
def _valid_logon(v: Version) -> str:
    return f"""
        > {v.logon()}
        < {v.logon()}
        > 5|34=2
        < 5|34=2
        closed
    """


@scenario("1a_ValidLogonMsgSeqNumTooHigh")
def _logon_too_high(v: Version) -> str:
    return f"""
        > {v.logon(5)}
        < {v.logon()}
        < 2|34=2|7=1|16={v.open_end}
        > 5|34=6
        < 5|34=3
        closed
    """


@scenario("1b_DuplicateIdentity")
def _duplicate_identity(v: Version) -> str:
    return f"""
        1> {v.logon()}
        1< {v.logon()}
        2> {v.logon()}
        2 closed
        1 disconnect
    """


@scenario("AlreadyLoggedOn")
def _already_logged_on(v: Version) -> str:
    return f"""
        1> {v.logon()}
        1< {v.logon()}
        2> {v.logon()}
        2 closed
        1> 1|34=2|112=STILL HERE
        1< 0|34=2|112=STILL HERE
        1> 5|34=3
        1< 5|34=3
        1 closed
    """


@scenario("1c_InvalidSenderCompID")
def _unknown_sender(v: Version) -> str:
    return f"""
        > {v.logon()}|49=WHO
        closed
    """


@scenario("1c_InvalidTargetCompID")
def _unknown_target(v: Version) -> str:
    return f"""
        > {v.logon()}|56=WHOM
        closed
    """


@scenario("1d_InvalidLogonBadSendingTime")
def _old_logon(v: Version) -> str:
    return f"""
        > {v.logon()}|52=20010101-00:00:00{".000" if v.milliseconds else ""}
        closed
    """


@scenario("1d_InvalidLogonLengthInvalid")
def _logon_of_wrong_length(v: Version) -> str:
    appl = v.appl_ver_id
    fields = f"35=A|34=1|49={v.comp_id}|52=<T>|56=ISLD|98=0|108=30{appl}|10=*"
    return f"""
        << 8={v.begin_string}|9=40|{fields}
        closed
    """


@scenario("1d_InvalidLogonWrongBeginString")
def _logon_of_no_version(v: Version) -> str:
    return f"""
        > {v.logon()}|8=FIX.3.9
        closed
    """


@scenario("1d_InvalidLogonNoDefaultApplVerID", since(50))
def _logon_without_application(v: Version) -> str:
    return """
        > A|34=1|98=0|108=30
        closed
    """


@scenario("1e_NotLogonMessage")
def _no_logon(v: Version) -> str:
    return """
        > 0|34=1
        closed
    """


@scenario("2i_BeginStringValueUnexpected")
def _begin_string_changes(v: Version) -> str:
    other = "FIX.4.1" if v.number != 41 else "FIX.4.0"
    return f"""
        > {v.logon()}
        < {v.logon()}
        > 0|34=2|8={other}
        < 5|34=2|58=Incorrect BeginString
        > 5|34=2
        closed
    """


@scenario("2i_BeginStringValueUnexpected, and no answer", seconds=2)
def _begin_string_changes_in_silence(v: Version) -> str:
    other = "FIX.4.1" if v.number != 41 else "FIX.4.0"
    return f"""
        > {v.logon()}
        < {v.logon()}
        > 0|34=2|8={other}
        < 5|34=2|58=Incorrect BeginString
        closed @2
    """


@scenario("2k_CompIDDoesNotMatchProfile")
def _comp_ids_change(v: Version) -> str:
    return "\n".join(
        f"""
        > {v.logon()}
        < {v.logon()}
        > 0|34=2|{wrong}
        < {v.reject(2, 2, "0", 9, "CompID problem")}
        < 5|34=3
        > 5|34=3
        closed
        """
        for wrong in ("49=WHO", "56=WHOM", "49=WHO|56=WHOM")
    )


@scenario("4a_NoDataSentDuringHeartBtInt", seconds=12)
def _heartbeats(v: Version) -> str:
    return f"""
        > {v.logon(heartbeat=6)}
        < {v.logon(heartbeat=6)}
        < 0|34=2 @6
        > 0|34=2
        < 0|34=3 @6
        > 5|34=3
        < 5|34=4
        closed
    """


@scenario("4b_ReceivedTestRequest")
def _test_request(v: Version) -> str:
    return f"""
        > {v.logon()}
        < {v.logon()}
        > 1|34=2|112=HELLO
        < 0|34=2|112=HELLO
        > 5|34=3
        < 5|34=3
        closed
    """


@scenario("6_SendTestRequest", seconds=35)
def _sends_test_request(v: Version) -> str:
    return f"""
        > {v.logon(heartbeat=6)}
        < {v.logon(heartbeat=6)}
        < 0|34=2 @6
        > 0|34=2
        < 0|34=3 @6
        < 1|34=4|112=TEST @1.2
        > 0|34=3|112=TEST
        < 0|34=5 @6
        < 1|34=6|112=TEST @1.2
        closed @7.2
    """


@scenario("13b_UnsolicitedLogoutMessage")
def _logout(v: Version) -> str:
    return f"""
        > {v.logon()}
        < {v.logon()}
        > 5|34=2
        < 5|34=2
        closed
    """


@scenario("13b_UnsolicitedLogoutMessage, whatever its number")
def _logout_of_any_number(v: Version) -> str:
    return "\n".join(
        f"""
        > {v.logon()}
        < {v.logon()}
        > 0|34=2
        > 5|34={number}
        < 5|34=2
        closed
        """
        for number in (1, 3, 9)
    )


@scenario("SessionReset", tuple(v for v in VERSIONS if v.number >= 44))
def _reset(v: Version) -> str:
    return f"""
        > {v.logon()}
        < {v.logon()}
        > 1|34=2|112=BEFORE
        < 0|34=2|112=BEFORE
        > {v.logon(extra="|141=Y")}
        < {v.logon(extra="|141=Y")}
        > 1|34=2|112=BEHIND
        < 0|34=2|112=BEHIND
        > 5|34=3
        < 5|34=3
        closed
    """
