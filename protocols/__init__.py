"""Wire protocols: a sans-IO core and a thin anyio adapter each."""

__all__: list[str] = []
