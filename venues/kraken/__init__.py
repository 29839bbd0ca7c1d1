"""Kraken: the FIX gateways of spot and derivatives, in :mod:`barterpy.venues.kraken.fix`."""

__all__: list[str] = []
