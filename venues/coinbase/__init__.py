"""Coinbase: the FIX gateways of Exchange and Prime, in :mod:`barterpy.venues.coinbase.fix`."""

__all__: list[str] = []
