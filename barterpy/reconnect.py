"""The names under which most users meet supervision; all of it is in :mod:`barterpy.supervision`."""

from barterpy.supervision import ReconnectPolicy, supervise

__all__ = ["ReconnectPolicy", "supervise"]
