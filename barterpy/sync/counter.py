"""Watches numbers that count the messages of a whole connection, over all its books and channels."""

__all__ = ["MessageCounter"]


class MessageCounter:
    """A number that goes up by one with each message of a connection (dYdX ``message_id``, Coinbase ``sequence_num``,
    Bitfinex ``SEQ_ALL``).

    A jump does not say whose message is missing: every book of the connection has to be told, by
    ``BookSynchroniser.on_gap``.

    :param first: the number of a connection's first message; None takes whatever comes first
    """

    __slots__ = ("_first", "_next")

    def __init__(self, first: int | None = None) -> None:
        self._first = first
        self._next = first

    @property
    def expected(self) -> int | None:
        """The number of the next message; None when any will do."""
        return self._next

    def reset(self) -> None:
        """A new connection began."""
        self._next = self._first

    def jumped(self, number: int) -> bool:
        """Whether messages are missing, or came twice or in another order, before the one with this ``number``.

        Counting goes on from there, so that one loss is told once.
        """
        expected, self._next = self._next, number + 1
        return expected is not None and number != expected
