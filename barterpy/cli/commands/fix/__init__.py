"""``barterpy fix``: the commands that speak FIX. Each says what it takes, and imports FIX only when it is run."""

__all__: list[str] = []
