"""Venue integrations: one folder a venue, the same file names in each."""

__all__: list[str] = []
