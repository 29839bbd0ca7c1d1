"""RequestLimits: what a REST client keeps to, and how it learns from the answers."""

from collections.abc import Mapping
from typing import final

from barterpy.errors import ConfigurationError
from barterpy.limits.concurrency import Concurrency
from barterpy.limits.feedback import Answer, Feedback, Pause, http_feedback
from barterpy.limits.limiter import Grant, Limiter, acquire_together

__all__ = ["RequestLimits"]


@final
class RequestLimits:
    """The limiters of one client's requests. They may be shared with other clients; this object need not be.

    :param requests: what every request takes its weight from
    :param further: other limiters by name; a request says in its ``costs`` what it takes of them. They share the
        line of ``requests``
    :param feedback: reads what an answer tells
    :param in_flight: how many requests may be under way at one time; None for as many as the limits allow
    :param max_wait: seconds a request waits for its turn at most; None for as long as it takes
    :raises barterpy.errors.ConfigurationError: the limiters cannot be asked together
    """

    def __init__(
        self,
        requests: Limiter,
        further: Mapping[str, Limiter] | None = None,
        *,
        feedback: Feedback = http_feedback,
        in_flight: Concurrency | None = None,
        max_wait: float | None = 30.0,
    ) -> None:
        self.requests: Limiter = requests
        self.further: Mapping[str, Limiter] = dict(further or {})
        self.in_flight: Concurrency | None = in_flight
        self.max_wait: float | None = max_wait
        self._feedback = feedback
        if any(limiter.line is not requests.line for limiter in self.further.values()):
            raise ConfigurationError("the limiters of one client share a WaitingLine")

    async def acquire(
        self, weight: int, costs: Mapping[str, int], key: str | None = None, *, max_wait: float | None = None
    ) -> Grant:
        """Wait for one's turn in all limits at once.

        :param max_wait: seconds, instead of this object's
        :raises barterpy.errors.Throttled: it would take longer than ``max_wait``; nothing was counted
        :raises barterpy.errors.ConfigurationError: a cost names a limiter there is not, or a weight never fits
        """
        longest = self.max_wait if max_wait is None else max_wait
        if not costs:
            return await self.requests.acquire(weight, key, max_wait=longest)
        demands = [self.requests.demand(weight, key)]
        for name, cost in costs.items():
            limiter = self.further.get(name)
            if limiter is None:
                raise ConfigurationError(f"a request costs {cost} of {name!r}, for which there is no limiter")
            demands.append(limiter.demand(cost, key))
        return await acquire_together(demands, max_wait=longest)

    def observe(self, answer: Answer) -> None:
        """Learn from an answer. What it tells of a limiter there is not is ignored."""
        for told in self._feedback(answer):
            limiter = self.further.get(told.limiter) if told.limiter else self.requests
            if limiter is None:
                continue
            if isinstance(told, Pause):
                limiter.pause(told.seconds, told.reason)
            else:
                limiter.observe(told.used, told.limit, period=told.period)
