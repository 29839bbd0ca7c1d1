"""Where a session's numbers and messages are kept between connections, and between runs of the program.

    FileStore      one file that only grows; crash-safe, fast             (file.py, journal.py, records.py)
    SqliteStore    an SQLite database, one or many sessions in a file     (sqlite.py)

The store in memory, for tests and for venues that begin anew with each logon, is the session's own
(:class:`barterpy.protocols.fix.session.MemoryStore`).
"""

from barterpy.protocols.fix.stores.failure import StoreError
from barterpy.protocols.fix.stores.file import FileStore, Fsync
from barterpy.protocols.fix.stores.sqlite import SqliteStore

__all__ = ["FileStore", "Fsync", "SqliteStore", "StoreError"]
