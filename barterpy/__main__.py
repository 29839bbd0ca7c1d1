"""``python -m barterpy`` is the command ``barterpy``."""

import sys

from barterpy.cli import main

if __name__ == "__main__":
    sys.exit(main())
