"""Testing without a network."""

__all__: list[str] = []
