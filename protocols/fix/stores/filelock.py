"""A lock on a file that ends with the process that holds it, however that ends."""

import os
import sys
from pathlib import Path
from typing import BinaryIO

__all__ = ["lock_file"]


def lock_file(path: Path) -> BinaryIO:
    """Opens and locks it; closing the file gives the lock back. The file stays: a lock on a name that is removed
    excludes nobody.

    :raises BlockingIOError: another process, or another store of this one, holds it
    :raises OSError: it cannot be opened
    """
    file = open(path, "ab", opener=lambda name, flags: os.open(name, flags, 0o600))  # noqa: SIM115 - it is to stay open
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise BlockingIOError(error.errno, "another process has it") from error
    return file
