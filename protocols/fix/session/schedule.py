"""When a session is open: daily or weekly, in a time zone, with an optional narrower time for logging on.

A window is one session: the numbers live as long as it does and start anew with the next. No clock is read here; every
time is an argument, int nanoseconds UTC.
"""

import datetime as dt
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from barterpy.clock import SECOND
from barterpy.errors import ConfigurationError

__all__ = ["WEEKDAYS", "Schedule", "Window"]

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
"""Names of days, in the order of their numbers from 0."""

_WEEK: Final = 7


class Window(NamedTuple):
    """One session: from ``start``, inclusive, to ``end``, exclusive. Nanoseconds UTC."""

    start: int
    end: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Schedule:
    """Hours of a session, as the clocks of ``timezone`` show them; changes to and from summer time included.

    Daily, and weekly:

    >>> daily = Schedule(start=dt.time(22, 0), end=dt.time(21, 45), timezone="America/New_York")
    >>> weekly = Schedule(start=dt.time(17, 0), end=dt.time(16, 0), start_day="sunday", end_day="friday")

    An end that is not after its start lies on the next day (the next week, for weekly hours). Equal ones mean: open
    without a break, a new session at each ``start``. A time that a change of clocks skips is read an hour later, one
    that comes twice is the first of the two.

    :raises barterpy.errors.ConfigurationError: an unknown day or time zone, one day given without the other, days
        together with weekly hours, or logon hours outside of the session's
    """

    start: dt.time = dt.time(0)
    end: dt.time = dt.time(0)
    start_day: str | None = None
    """Day of the week on which weekly hours begin, one of :data:`WEEKDAYS`; None for daily hours."""
    end_day: str | None = None
    days: frozenset[str] = frozenset(WEEKDAYS)
    """Days on which daily hours begin."""
    timezone: str = "UTC"
    """Name in the IANA database."""
    logon: dt.time | None = None
    """Logons are accepted from here on (LogonTime), within the session; None for its start."""
    logout: dt.time | None = None
    """We log out here (LogoutTime), and take no Logon any more; None for the session's end."""
    logon_day: str | None = None
    """Day of ``logon``, for weekly hours."""
    logout_day: str | None = None
    """Day of ``logout``, for weekly hours."""
    zone: dt.tzinfo = field(init=False, repr=False, compare=False)
    """What ``timezone`` names."""

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "zone", dt.UTC if self.timezone == "UTC" else ZoneInfo(self.timezone))
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ConfigurationError(f"timezone {self.timezone!r} is not known") from error
        for name in ("start_day", "end_day", "logon_day", "logout_day"):
            day = getattr(self, name)
            if day is not None and day not in WEEKDAYS:
                raise ConfigurationError(f"{name} must be one of {', '.join(WEEKDAYS)}")
        if (self.start_day is None) is not (self.end_day is None):
            raise ConfigurationError("start_day and end_day go together: weekly hours need both")
        if not self.days or not self.days <= frozenset(WEEKDAYS):
            raise ConfigurationError(f"days must be some of {', '.join(WEEKDAYS)}")
        if self.start_day is None and (self.logon_day is not None or self.logout_day is not None):
            raise ConfigurationError("logon_day and logout_day need weekly hours")
        if self.start_day is not None:
            if self.days != frozenset(WEEKDAYS):
                raise ConfigurationError("days are for daily hours: weekly hours have start_day and end_day")
            for name in ("logon", "logout"):
                if (getattr(self, name) is None) is not (getattr(self, f"{name}_day") is None):
                    raise ConfigurationError(f"{name} and {name}_day go together in weekly hours")
        if not self._logon_after() < self._logout_after() <= self._length():
            raise ConfigurationError("logon and logout must lie inside the session, in this order")

    @property
    def is_weekly(self) -> bool:
        """Whether a session lasts for days of a week rather than hours of a day."""
        return self.start_day is not None

    def window_at(self, at: int) -> Window | None:
        """The session that is open at ``at``, None where none is."""
        return next((window for window in self._windows_near(at) if window.start <= at < window.end), None)

    def logon_window(self, window: Window) -> Window:
        """When Logons are taken within a session: from its logon to its logout time."""
        if self.logon is None and self.logout is None:
            return window
        first = dt.datetime.fromtimestamp(window.start // SECOND, self.zone).date()
        start, end = window
        if self.logon is not None:
            start = self._place(first, self.logon, self._logon_after())
        if self.logout is not None:
            end = self._place(first, self.logout, self._logout_after())
        return Window(start, end)

    def takes_logon(self, at: int) -> bool:
        """Whether a Logon is in order at ``at``."""
        window = self.window_at(at)
        if window is None:
            return False
        start, end = self.logon_window(window)
        return start <= at < end

    def same_session(self, one: int, other: int) -> bool:
        """Whether both times lie in one session: only then the numbers go on."""
        window = self.window_at(one)
        return window is not None and window.start <= other < window.end

    def next_logon(self, at: int) -> int:
        """From when on a Logon is in order: ``at`` itself while it is, else the start of the next logon hours."""
        for window in self._windows_near(at):
            start, end = self.logon_window(window)
            if at < end:
                return max(start, at)
        raise AssertionError("a schedule has a session every week")

    def next_logout(self, at: int) -> int | None:
        """When a session that is logged on at ``at`` has to log out; None where it should not be logged on."""
        window = self.window_at(at)
        if window is None:
            return None
        start, end = self.logon_window(window)
        return end if start <= at < end else None

    def _windows_near(self, at: int) -> list[Window]:
        """Sessions around ``at`` in order: the one that may have begun up to a week before, to the one after next."""
        today = dt.datetime.fromtimestamp(at // SECOND, self.zone).date()
        length = self._length()
        windows: list[Window] = []
        for shift in range(-_WEEK - 1, 2 * _WEEK + 1):
            day = today + dt.timedelta(days=shift)
            name = WEEKDAYS[day.weekday()]
            if name == self.start_day if self.start_day is not None else name in self.days:
                start = self._place(day, self.start, dt.timedelta())
                end = self._place(day, self.end, length)
                if end > start:
                    windows.append(Window(start, end))
        return windows

    def _length(self) -> dt.timedelta:
        """How long the session is by the clocks."""
        return self._after(self.end, self.end_day, at_start=True)

    def _logon_after(self) -> dt.timedelta:
        """By the clocks, from the session's start to its logon time."""
        return dt.timedelta() if self.logon is None else self._after(self.logon, self.logon_day, at_start=False)

    def _logout_after(self) -> dt.timedelta:
        """By the clocks, from the session's start to its logout time."""
        return self._length() if self.logout is None else self._after(self.logout, self.logout_day, at_start=True)

    def _after(self, time: dt.time, day: str | None, *, at_start: bool) -> dt.timedelta:
        """By the clocks, from the start to a time of day; ``at_start`` says that the start itself is a round later."""
        length = _since_midnight(time) - _since_midnight(self.start)
        if self.start_day is not None and day is not None:
            length += dt.timedelta(days=(WEEKDAYS.index(day) - WEEKDAYS.index(self.start_day)) % _WEEK)
        round_ = dt.timedelta(days=1 if self.start_day is None else _WEEK)
        if length < dt.timedelta() or (at_start and not length):
            length += round_
        return length

    def _place(self, first: dt.date, time: dt.time, after: dt.timedelta) -> int:
        """Nanoseconds UTC of a time of day, ``after`` the start on the day ``first`` by the clocks."""
        day = first + dt.timedelta(days=(_since_midnight(self.start) + after).days)
        local = dt.datetime.combine(day, time, tzinfo=self.zone)
        return round(local.timestamp()) * SECOND


def _since_midnight(time: dt.time) -> dt.timedelta:
    return dt.timedelta(hours=time.hour, minutes=time.minute, seconds=time.second)
