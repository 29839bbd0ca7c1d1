"""``barterpy venues``."""

import orjson

from barterpy.cli.options import Common, CommonOptions
from barterpy.cli.session import Session, run
from barterpy.cli.venues import find_venue, known_venues

__all__ = ["venues"]


def venues(*, common: Common = CommonOptions) -> int:
    """List the venues, what can be subscribed at each, and their environments.

    The names are those that `watch`, `record` and `parse` take. Installed packages may add more.

        barterpy venues
        barterpy venues --json
    """

    async def work(session: Session) -> int:
        entries = [find_venue(name) for name in sorted(known_venues())]
        if common.json:
            await session.lines(
                orjson.dumps(
                    {
                        "venue": entry.name,
                        "summary": entry.summary,
                        "channels": list(entry.channels),
                        "environments": entry.environments,
                    }
                ).decode()
                for entry in entries
            )
            return 0
        for entry in entries:
            await session.lines(
                [
                    f"{entry.name}: {entry.summary}",
                    f"  symbols       {entry.example}",
                    f"  channels      {' '.join(entry.channels)}",
                    f"  environments  {' '.join(entry.environments)}",
                ]
            )
        return 0

    return run(work, common)
