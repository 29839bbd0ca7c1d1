"""One clause of a contract, and the sentence for when it is broken."""

from typing import Any

__all__ = ["broken", "require", "subject"]


def broken(sentence: str, cause: BaseException | None = None) -> AssertionError:
    """The failure of a clause. ``cause`` is what the subject raised instead of what the clause allows."""
    if cause is not None:
        sentence = f"{sentence}, and it raised {type(cause).__name__}: {cause}"
    error = AssertionError(sentence)
    error.__cause__ = cause
    return error


def require(holds: object, sentence: str) -> None:
    """Raise the failure of a clause that does not hold."""
    if not holds:
        raise broken(sentence)


def subject(value: Any, method: str) -> Any:
    """``value`` itself, or a fresh one where ``value`` is a function that makes them."""
    made_by_call = isinstance(value, type) or (callable(value) and not hasattr(value, method))
    return value() if made_by_call else value
