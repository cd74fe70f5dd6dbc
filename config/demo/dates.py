"""Days of the demo, relative to the day it is loaded, in the office's wall time."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = range(7)


@dataclass(frozen=True)
class Days:
    """Where the demo stands in time."""

    now: datetime
    zone: ZoneInfo

    def at(self, days: int, hour: int, minute: int = 0, *, weekday: int | None = None) -> datetime:
        """Return the instant ``days`` from today at a local time.

        With ``weekday``, the first such weekday on or after that day (before it, for the past).
        """
        day = self.now.astimezone(self.zone).date() + timedelta(days=days)
        if weekday is not None:
            step = 1 if days >= 0 else -1
            while day.weekday() != weekday:
                day += timedelta(days=step)
        return datetime.combine(day, time(hour, minute), self.zone).astimezone(UTC)
