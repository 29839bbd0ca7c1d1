"""FIX on the command line: messages found in logs and pipes, named, aligned and coloured."""

__all__: list[str] = []
