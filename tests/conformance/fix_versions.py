"""The versions a FIX acceptor is tried in, and in what their answers differ (BeginString, dictionaries, texts)."""

from dataclasses import dataclass

__all__ = ["EMPTY_VALUES", "VERSIONS", "VERSION_TW", "Version"]


@dataclass(frozen=True, slots=True)
class Version:
    """One counterparty of the acceptance configuration. ``number`` orders them: 40 … 44, then 50, 51 and 52."""

    name: str
    number: int
    begin_string: str
    comp_id: str
    application: str | None = None
    """DefaultApplVerID (1137) where the session is FIXT's."""

    @property
    def fixt(self) -> bool:
        return self.application is not None

    @property
    def milliseconds(self) -> bool:
        """Whether the engine's stamps have them."""
        return self.number >= 42

    @property
    def open_end(self) -> str:
        """EndSeqNo (16) of a request for everything."""
        return "0" if self.number >= 42 else "999999"

    @property
    def appl_ver_id(self) -> str:
        """The field of a Logon, or of a business reject, that names the application's version; with its separator."""
        return f"|1137={self.application}" if self.fixt else ""

    def logon(self, number: int = 1, heartbeat: int = 30, extra: str = "") -> str:
        """A Logon of either side."""
        return f"A|34={number}|98=0|108={heartbeat}{extra}{self.appl_ver_id}"

    def order(self, number: int, identity: str = "ID", extra: str = "", *, without: int = 0) -> str:
        """A NewOrderSingle with what every version requires, ascending; FIX 4.0 and 4.1 know no TransactTime in it."""
        fields = {11: identity, 21: "1", 38: "200", 40: "1", 54: "1", 55: "INTC"}
        if self.number > 41:
            fields[60] = "20260102-03:04:05.678"
        fields.pop(without, None)
        for one in filter(None, extra.split("|")):
            tag, _, value = one.partition("=")
            fields[int(tag)] = value
        header = "".join(
            f"|{tag}={fields.pop(tag)}" for tag in (43, 97, 115, 116, 122, 128, 129, 144, 145) if tag in fields
        )
        return f"D|34={number}{header}" + "".join(f"|{tag}={fields[tag]}" for tag in sorted(fields))

    def execution_report(self, number: int) -> str:
        """An ExecutionReport with what this version requires."""
        fields = {6: "0", 14: "0", 17: "1", 31: "0", 32: "0", 37: "O1", 38: "200", 39: "0", 54: "1", 55: "INTC"}
        if self.number <= 42:
            fields[20] = "0"
        if self.number >= 41:
            fields |= {150: "0", 151: "200"}
        return f"8|34={number}" + "".join(f"|{tag}={fields[tag]}" for tag in sorted(fields))

    def reject(
        self,
        number: int,
        refused: int,
        message_type: str,
        reason: int,
        text: str,
        tag: int | None = None,
        header: str = "",
    ) -> str:
        """The session's Reject: what it says of reason and tag grew with the versions."""
        if self.number < 42:
            return f"3|34={number}{header}|45={refused}|58={text}{'' if tag is None else f' ({tag})'}"
        line = f"3|34={number}{header}|45={refused}|58={text}"
        if tag is not None:
            line += f"|371={tag}"
        line += f"|372={message_type}"
        return line if self.number == 42 and reason > 11 else f"{line}|373={reason}"

    def unsupported(self, number: int, refused: int, message_type: str) -> str:
        """The answer to a message the application does not take."""
        if self.number < 42:
            return f"3|34={number}|45={refused}|58=Unsupported message type"
        return f"j|34={number}|45={refused}|58=Unsupported Message Type|372={message_type}|380=3{self.appl_ver_id}"


VERSIONS = (
    Version("fix40", 40, "FIX.4.0", "TW40"),
    Version("fix41", 41, "FIX.4.1", "TW41"),
    Version("fix42", 42, "FIX.4.2", "TW42"),
    Version("fix43", 43, "FIX.4.3", "TW43"),
    Version("fix44", 44, "FIX.4.4", "TW44"),
    Version("fix50", 50, "FIXT.1.1", "TW50", "7"),
    Version("fix50sp1", 51, "FIXT.1.1", "TW50SP1", "8"),
    Version("fix50sp2", 52, "FIXT.1.1", "TW50SP2", "9"),
)

VERSION_TW = Version("validate", 44, "FIX.4.4", "TW")
EMPTY_VALUES = Version("validate_off", 44, "FIX.4.4", "NO_CHECK_FIELDS_HAVE_VALUES")
