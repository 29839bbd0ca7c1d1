"""Several versions of the application over one FIXT connection, and several clients with a default of their own."""

import pytest

from barterpy.protocols.fix import FixSocket, LogonRefused, Message, Outgoing
from barterpy.protocols.fix.dictionary import Rules, Validator, builtin
from barterpy.protocols.fix.initiator import initiate
from barterpy.protocols.fix.session import MessageType, RejectReceived, Role, SessionSettings
from tests.protocols.fix.adapters.counterparty import Heard, accepting, echoing

pytestmark = pytest.mark.anyio

BY_ID = {"4": builtin("FIX.4.2"), "9": builtin("FIX.5.0SP2")}
RULES = Rules.strict().but(required=False)
VALIDATOR = Validator(builtin("FIXT.1.1"), BY_ID["9"], RULES, applications=BY_ID)


def client(name: str, version: str) -> SessionSettings:
    return SessionSettings(begin_string="FIXT.1.1", sender=name, target="SERVER", default_appl_ver_id=version)


def server(name: str) -> SessionSettings:
    return SessionSettings(
        begin_string="FIXT.1.1", sender="SERVER", target=name, role=Role.ACCEPTOR, validator=VALIDATOR
    )


def order(identity: str, version: str | None, tag: int) -> Outgoing:
    header = {} if version is None else {1128: version}
    return Outgoing("D", {11: identity, 55: "X", tag: "5"}, header=header)


async def test_each_message_by_its_own_and_each_client_by_its_logon() -> None:
    async with (
        accepting(echoing, server("OLD"), server("NEW"), server("OTHER")) as acceptor,
        initiate(client("OLD", "4"), "127.0.0.1", acceptor.port) as old,
        initiate(client("NEW", "9"), "127.0.0.1", acceptor.port) as new,
    ):
        for socket, default, other in ((old, 109, 1138), (new, 1138, 109)):
            version = "9" if socket is old else "4"
            sent = [
                order("by default", None, default),
                order("by name", version, other),
                order("named wrongly", version, default),
                order("no version of ours", "7", default),
                *(
                    order(f"{number}", version if number % 2 else None, default if number % 2 == 0 else other)
                    for number in range(50)
                ),
                order("last", None, default),
            ]
            await socket.send_many(sent)
            came: list[Message] = []
            while not came or came[-1].text(11, "") != "last":
                came += (await socket.receive()).messages
            assert [message.text(11) for message in came] == ["by default", "by name", *map(str, range(50)), "last"]
            assert came[1].text(1128) == version
            assert came[0].get(1128) is None
        with pytest.raises(LogonRefused, match="1137"):
            async with initiate(client("OTHER", "7"), "127.0.0.1", acceptor.port):
                pass
        assert old.is_logged_on
        assert new.is_logged_on


async def test_each_side_lists_the_versions_of_single_types() -> None:
    """Orders are of FIX 4.2 by the client's Logon, and reports by the acceptor's; all else is 5.0 SP2."""
    theirs = SessionSettings(
        begin_string="FIXT.1.1",
        sender="SERVER",
        target="BOTH",
        role=Role.ACCEPTOR,
        msg_types=(MessageType("8", "4"),),
        validator=VALIDATOR,
    )
    ours = SessionSettings(
        begin_string="FIXT.1.1",
        sender="BOTH",
        target="SERVER",
        default_appl_ver_id="9",
        msg_types=(MessageType("D", "4"), MessageType("8", "4", direction="receive")),
        validator=VALIDATOR,
    )
    heard, received = Heard(), Heard()

    async def reports(socket: FixSocket) -> None:
        """For each order two reports, of which the first has a field of FIX 5.0."""
        while True:
            for message in (await socket.receive()).messages:
                for tag in (1138, 109):
                    socket.put(Outgoing("8", {11: message.text(11), 55: "X", tag: "5"}))

    came: list[Message] = []
    async with (
        accepting(reports, theirs, on_event=heard.of) as acceptor,
        initiate(ours, "127.0.0.1", acceptor.port, on_event=received) as socket,
    ):
        assert socket.logon is not None
        assert socket.logon.text(1130) == "4"
        await socket.send_many([order("good", None, 109), order("bad", None, 1138), order("new", "9", 1138)])
        while len(came) < 2:
            came += (await socket.receive()).messages
        await heard.wait(RejectReceived)
    assert [message.text(11) for message in came] == ["good", "new"]
    for side, kind in ((received, "D"), (heard, "8")):
        reject: Message = (await side.wait(RejectReceived)).message
        assert [reject.text(tag) for tag in (372, 373, 371, 1130)] == [kind, "0", "1138", "4"]
