"""The FIX session, without I/O: FIX 4.0 to 4.4 and FIXT 1.1, both roles.

    bytes ── Session ── events (Messages, LoggedOn, …, Closed)
              │  ▲
      changes ▼  │ stored messages
              Store

:class:`SessionSettings` say what was agreed with the counterparty, :class:`Hooks` where an application or a venue's
dialect takes part, a :class:`Store` what outlives the connection.
"""
