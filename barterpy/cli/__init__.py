"""The command line ``barterpy``: a program on top of the library, in the extra ``cli``."""

import sys
from collections.abc import Sequence

from barterpy.errors import MissingExtraError

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command of ``arguments``, those of the process for None, and give its exit code.

    0 done, 1 a problem in the data, 2 an argument or a file that cannot be used, 3 the connection or the venue failed,
    70 a defect of barterpy, 130 interrupted by Ctrl-C, 143 terminated.
    """
    try:
        from barterpy.cli.app import execute
    except KeyboardInterrupt:  # while it is being imported: nothing has begun
        return 130
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in ("cyclopts", "rich"):
            raise
        print(f"barterpy: {MissingExtraError(package, 'cli')}", file=sys.stderr)
        return 2
    return execute(arguments)
