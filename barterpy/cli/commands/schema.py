"""``barterpy schema``."""

import orjson

from barterpy.cli.options import Common, CommonOptions
from barterpy.cli.session import Session, run

__all__ = ["schema"]


def schema(*, common: Common = CommonOptions) -> int:
    """Print the schema of the JSON lines: every event, every member, its type and unit.

    With `--json` it is a JSON Schema, for programs that validate or generate code.

        barterpy schema | less
        barterpy schema --json > events.schema.json
    """

    from barterpy.cli.schema import json_schema, schema_page  # all of FIX with it, which the help does not need

    async def work(session: Session) -> int:
        if common.json:
            await session.lines([orjson.dumps(json_schema(), option=orjson.OPT_INDENT_2).decode()])
        else:
            await session.lines(schema_page().splitlines())
        return 0

    return run(work, common)
