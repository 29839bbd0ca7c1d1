"""The facts of the FIX standard, FIX 4.0 to 5.0 SP2 and FIXT 1.1, in a compact form; `builtin` reads them."""

__all__: list[str] = []
