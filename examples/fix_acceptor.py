r"""A FIX acceptor in forty lines: takes orders from anybody who calls itself a client of ours, and fills them.

python examples/fix_acceptor.py 9000
barterpy fix session tcp://127.0.0.1:9000 --sender ME --target FLOOR --lines \
    --send '35=D|11=1|55=ABC|54=1|60=20260102-03:04:05|38=5|40=2|44=9.5'
"""

import itertools
import sys
from contextlib import suppress

import anyio
from anyio.abc import TaskStatus

from barterpy.protocols.fix import FixSocket, Message, Outgoing, accept, each_message
from barterpy.protocols.fix.dictionary import Validator, builtin
from barterpy.protocols.fix.outgoing import Value
from barterpy.protocols.fix.session import Role, SessionSettings, UnsupportedMessageType

VALIDATOR = Validator(builtin("FIX.4.4"))
numbers = itertools.count(1)


def client(logon: Message) -> SessionSettings | None:
    """The session a first message asks for; None would close the connection without a word."""
    if logon.msg_type != "A" or logon.text(56, "") != "FLOOR":
        return None
    return SessionSettings(
        begin_string="FIX.4.4", sender="FLOOR", target=logon.text(49), role=Role.ACCEPTOR, validator=VALIDATOR
    )


def on_message(socket: FixSocket, order: Message) -> None:
    """Fill an order at its price. What is raised here is answered by a reject, and the session goes on."""
    if order.msg_type != "D":
        raise UnsupportedMessageType
    number, price, size = next(numbers), order.decimal(44), order.decimal(38)
    report: dict[int, Value] = {tag: order.text(tag) for tag in (11, 54, 55)}
    report |= {6: price, 14: size, 17: number, 31: price, 32: size, 37: number, 39: "2", 150: "F", 151: 0}
    socket.put(Outgoing("8", report))


async def main(port: int = 0, *, task_status: TaskStatus[int] = anyio.TASK_STATUS_IGNORED) -> None:
    """Serve until cancelled."""
    async with accept(each_message(on_message), port=port, find=client) as acceptor:
        print(f"listening on port {acceptor.port}")
        task_status.started(acceptor.port)
        await anyio.sleep_forever()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        anyio.run(main, int(next(iter(sys.argv[1:]), "9000")))
