"""Kept for a moment while modules move."""

from barterpy.orderbook import BookBuilder, OrderBook

__all__ = ["BookBuilder", "OrderBook"]
