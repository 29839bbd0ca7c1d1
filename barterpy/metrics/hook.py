"""The hook through which the library tells numbers, and the one that hears none of them."""

from typing import Final, Protocol, TypeAlias, final, runtime_checkable

from barterpy.metrics.metric import Metric

__all__ = ["NO_METRICS", "Forgetful", "Labels", "Metrics", "NoMetrics"]

Labels: TypeAlias = tuple[str, ...]
"""Values of a metric's labels, in the order of ``Metric.labels``."""


class Metrics(Protocol):
    """Takes numbers. Called in the event loop, once a batch and not once a message: it must neither block nor raise."""

    def count(self, metric: Metric, n: float = 1, labels: Labels = (), /) -> None:
        """Add ``n``, which is not negative, to a counter."""
        ...

    def gauge(self, metric: Metric, value: float, labels: Labels = (), /) -> None:
        """Set a gauge."""
        ...

    def observe(self, metric: Metric, value: float, labels: Labels = (), /) -> None:
        """Put one value, in the metric's unit, into a histogram."""
        ...


@runtime_checkable
class Forgetful(Protocol):
    """For a :class:`Metrics` that can take a gauge back: what it was of is no more. Others are told of a last 0."""

    def forget(self, metric: Metric, labels: Labels = (), /) -> None:
        """There is no such gauge any more; one that there never was is fine."""
        ...


@final
class NoMetrics:
    """Hears nothing. What takes a :class:`Metrics` leaves out all measuring when it is given :data:`NO_METRICS`."""

    def count(self, metric: Metric, n: float = 1, labels: Labels = (), /) -> None:
        pass

    def gauge(self, metric: Metric, value: float, labels: Labels = (), /) -> None:
        pass

    def observe(self, metric: Metric, value: float, labels: Labels = (), /) -> None:
        pass


NO_METRICS: Final[Metrics] = NoMetrics()
