"""FIX gateways."""

__all__: list[str] = []
