"""The C++ engine QuickFIX (PyPI ``quickfix``) as the counterparty, in a process of its own, in either role.

    python -m tests.conformance.quickfix_peer acceptor|initiator PORT COUNT [memory|file DIRECTORY]

As acceptor it echoes orders for as long as it lives. As initiator it logs on, sends COUNT orders, waits until all of
them came back in order, logs out and says how many came. Either says ``ready`` when it has begun.
"""

import importlib
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

__all__ = ["main"]


def _dictionary(directory: Path) -> Path:
    """A dictionary in its format: the wheel brings none. What it has not is not checked."""
    path = directory / "FIX44.xml"
    fields = "".join(
        f"<field number='{tag}' name='{name}' type='{kind}'/>"
        for tag, name, kind in (
            *(
                (1, "Account", "STRING"),
                (8, "BeginString", "STRING"),
                (9, "BodyLength", "LENGTH"),
                (10, "CheckSum", "STRING"),
            ),
            *(
                (11, "ClOrdID", "STRING"),
                (21, "HandlInst", "CHAR"),
                (34, "MsgSeqNum", "SEQNUM"),
                (35, "MsgType", "STRING"),
            ),
            *((38, "OrderQty", "QTY"), (40, "OrdType", "CHAR"), (43, "PossDupFlag", "BOOLEAN"), (44, "Price", "PRICE")),
            *((45, "RefSeqNum", "SEQNUM"), (49, "SenderCompID", "STRING"), (52, "SendingTime", "UTCTIMESTAMP")),
            *((54, "Side", "CHAR"), (55, "Symbol", "STRING"), (56, "TargetCompID", "STRING"), (58, "Text", "STRING")),
            *((59, "TimeInForce", "CHAR"), (60, "TransactTime", "UTCTIMESTAMP"), (97, "PossResend", "BOOLEAN")),
            *((98, "EncryptMethod", "INT"), (108, "HeartBtInt", "INT"), (112, "TestReqID", "STRING")),
            *(
                (122, "OrigSendingTime", "UTCTIMESTAMP"),
                (141, "ResetSeqNumFlag", "BOOLEAN"),
                (7, "BeginSeqNo", "SEQNUM"),
            ),
            *((16, "EndSeqNo", "SEQNUM"), (36, "NewSeqNo", "SEQNUM"), (123, "GapFillFlag", "BOOLEAN")),
        )
    )

    def message(name: str, kind: str, category: str, required: str, optional: str = "") -> str:
        members = "".join(f"<field name='{one}' required='Y'/>" for one in required.split())
        members += "".join(f"<field name='{one}' required='N'/>" for one in optional.split())
        return f"<message name='{name}' msgtype='{kind}' msgcat='{category}'>{members}</message>"

    header = "".join(
        f"<field name='{name}' required='{required}'/>"
        for names, required in (
            ("BeginString BodyLength MsgType SenderCompID TargetCompID MsgSeqNum SendingTime", "Y"),
            ("PossDupFlag PossResend OrigSendingTime", "N"),
        )
        for name in names.split()
    )
    messages = (
        message("Heartbeat", "0", "admin", "", "TestReqID")
        + message("TestRequest", "1", "admin", "TestReqID")
        + message("ResendRequest", "2", "admin", "BeginSeqNo EndSeqNo")
        + message("Reject", "3", "admin", "RefSeqNum", "Text")
        + message("SequenceReset", "4", "admin", "NewSeqNo", "GapFillFlag")
        + message("Logout", "5", "admin", "", "Text")
        + message("Logon", "A", "admin", "EncryptMethod HeartBtInt", "ResetSeqNumFlag")
        + message(
            "NewOrderSingle",
            "D",
            "app",
            "ClOrdID Side TransactTime OrdType",
            "Account HandlInst OrderQty Price Symbol TimeInForce",
        )
    )
    path.write_text(
        "<fix type='FIX' major='4' minor='4' servicepack='0'>"
        f"<header>{header}</header><trailer><field name='CheckSum' required='Y'/></trailer>"
        f"<messages>{messages}</messages><components/><fields>{fields}</fields></fix>"
    )
    return path


def _settings(role: str, port: int, directory: Path) -> Path:
    ours, theirs = ("ISLD", "TW44") if role == "acceptor" else ("TW44", "ISLD")
    where = (
        f"SocketAcceptPort={port}" if role == "acceptor" else f"SocketConnectHost=127.0.0.1\nSocketConnectPort={port}"
    )
    path = directory / "settings.cfg"
    path.write_text(
        f"[DEFAULT]\nConnectionType={role}\nFileStorePath={directory}\nStartTime=00:00:00\nEndTime=00:00:00\n"
        f"HeartBtInt=30\nReconnectInterval=1\nResetOnLogon=Y\nSocketNodelay=Y\nSocketReuseAddress=Y\n{where}\n"
        f"[SESSION]\nBeginString=FIX.4.4\nSenderCompID={ours}\nTargetCompID={theirs}\n"
        f"DataDictionary={_dictionary(directory)}\n"
    )
    return path


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _application(fix: Any, role: str, count: int, finished: threading.Event) -> Any:
    class Application(fix.Application):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()  # pyright: ignore[reportUnknownMemberType] - the binding has no types
            self.came = 0

        def onCreate(self, session: Any) -> None: ...  # noqa: N802 - the engine's names
        def onLogout(self, session: Any) -> None: ...  # noqa: N802
        def toAdmin(self, message: Any, session: Any) -> None: ...  # noqa: N802
        def fromAdmin(self, message: Any, session: Any) -> None: ...  # noqa: N802
        def toApp(self, message: Any, session: Any) -> None: ...  # noqa: N802

        def onLogon(self, session: Any) -> None:  # noqa: N802
            if role == "initiator":
                threading.Thread(target=self.send, args=(session,), daemon=True).start()

        def send(self, session: Any) -> None:
            for number in range(1, count + 1):
                message = fix.Message()
                message.getHeader().setField(35, "D")
                for tag, value in ((11, str(number)), (21, "1"), (38, "100"), (40, "1"), (54, "1"), (55, "X")):
                    message.setField(tag, value)
                message.setField(fix.TransactTime())
                fix.Session.sendToTarget(message, session)

        def fromApp(self, message: Any, session: Any) -> None:  # noqa: N802
            if role == "acceptor":
                fix.Session.sendToTarget(fix.Message(message), session)
                return
            identity = fix.ClOrdID()
            message.getField(identity)
            if identity.getValue() != str(self.came + 1):
                _say(f"{identity.getValue()} came behind {self.came}")
            self.came += 1
            if self.came == count:
                finished.set()

    return Application()


def main(role: str, port: int, count: int, store: str = "memory") -> None:
    """Runs until it is killed, or, as initiator, until all came back."""
    fix: Any = importlib.import_module("quickfix")
    with tempfile.TemporaryDirectory(prefix="quickfix-") as made:
        settings = fix.SessionSettings(str(_settings(role, port, Path(made))))
        finished = threading.Event()
        application = _application(fix, role, count, finished)
        stores = fix.MemoryStoreFactory() if store == "memory" else fix.FileStoreFactory(settings)
        engine = (fix.SocketAcceptor if role == "acceptor" else fix.SocketInitiator)(application, stores, settings)
        engine.start()
        _say("ready")
        if role == "acceptor":
            while True:
                time.sleep(60)
        finished.wait(60)
        engine.stop()
        _say(str(application.came))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:5])
