"""Events to Parquet: one file a kind of event, one column a field, exact."""

from decimal import Decimal
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, cast, get_args, get_origin

import msgspec

from barterpy.cli.failures import DataProblem
from barterpy.errors import MissingExtraError
from barterpy.jsonlines import EVENT_TYPES
from barterpy.model.market import Level

__all__ = ["ParquetSink"]

_ROWS: Final = 8192
"""Rows kept in memory at most before they are written as a row group."""


class ParquetSink:
    """A Parquet file of events of one kind, such as ``trade``.

    Times are timestamps of nanoseconds UTC. Prices and sizes are decimals with 18 places and 20 digits before them,
    enough for every venue; sides of a book are lists of price and size. Leaving the context writes the footer.

    :raises barterpy.errors.MissingExtraError: pyarrow is not installed
    :raises OSError: the file cannot be written
    """

    def __init__(self, path: Path, kind: str) -> None:
        try:
            self._arrow: Any = import_module("pyarrow")
            parquet: Any = import_module("pyarrow.parquet")
        except ModuleNotFoundError:
            raise MissingExtraError("pyarrow", "parquet") from None
        self.path = path
        self.rows: int = 0
        type_ = EVENT_TYPES[kind]
        self._type = get_origin(type_) or type_
        fields = msgspec.structs.fields(type_)
        self._names = [field.name for field in fields]
        self._schema = self._arrow.schema([(field.name, self._column(field.name, field.type)) for field in fields])
        self._pending: list[Any] = []
        self._writer = parquet.ParquetWriter(path, self._schema, compression="zstd")

    def write(self, event: object) -> None:
        """Take an event of the right kind; others are not for this file, and are left out.

        :raises barterpy.cli.failures.DataProblem: a number does not fit
        """
        if type(event) is self._type:
            self._pending.append(event)
            if len(self._pending) >= _ROWS:
                self._flush()

    def close(self) -> None:
        """Write what is left, and the footer."""
        try:
            self._flush()
        finally:
            self._writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _flush(self) -> None:
        pending, self._pending = self._pending, []
        if not pending:
            return
        columns = [[_value(getattr(event, name)) for event in pending] for name in self._names]
        try:
            arrays = [
                self._arrow.array(column, type=self._schema.field(name).type)
                for name, column in zip(self._names, columns, strict=True)
            ]
        except (self._arrow.ArrowInvalid, OverflowError) as error:
            raise DataProblem(f"{self.path}: a number does not fit: {error}") from error
        self._writer.write_table(self._arrow.Table.from_arrays(arrays, schema=self._schema))
        self.rows += len(pending)

    def _column(self, name: str, annotation: Any) -> Any:
        arrow = self._arrow
        options = [option for option in get_args(annotation) if option is not type(None)]
        plain = options[0] if options and get_origin(annotation) is not tuple else annotation
        number = arrow.decimal128(38, 18)
        if plain is Decimal:
            return number
        if plain is bool:
            return arrow.bool_()
        if plain is int:
            return arrow.timestamp("ns", tz="UTC") if name.endswith("_at") else arrow.int64()
        if get_origin(plain) is tuple:
            return arrow.list_(arrow.struct([("price", number), ("size", number)]))
        return arrow.string()


def _value(value: Any) -> Any:
    if isinstance(value, tuple):
        levels = cast("tuple[Level[Decimal], ...]", value)
        return [{"price": level.price, "size": level.size} for level in levels]
    return value
