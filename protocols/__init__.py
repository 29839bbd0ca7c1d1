"""Wire protocols: a sans-IO core and a thin anyio adapter each."""
