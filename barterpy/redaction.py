"""Keeping secrets out of logs: what a key, a signature or a token looks like in text, and a filter for handlers.

The library logs little, and never a payload; but the libraries it stands on do, at ``INFO`` (httpx: the whole URL of
each request, in which some venues want the signature) and at ``DEBUG``. So does a program that uses it::

    handler.addFilter(RedactingFilter([credentials.secret]))

Names are matched loosely on purpose: a value that is hidden for nothing costs little.
"""

import logging
import re
from collections.abc import Callable, Iterable
from typing import Final
from urllib.parse import quote, quote_plus

from barterpy.credentials import Secret

__all__ = ["REDACTED", "SECRET_WORDS", "RedactingFilter", "redact"]

REDACTED: Final = "REDACTED"

SECRET_WORDS: Final = (
    "sign|secret|token|passw|passphrase|passcode|api_?-?key|access_?-?key|listen_?-?key|auth|jwt|credential"  # noqa: S105
)
"""Parts of names whose values are secrets, as a regular expression without flags; case does not matter."""

_NAME: Final = rf"[\w.-]{{0,64}}(?:{SECRET_WORDS}|cookie|private_?-?key)[\w.-]{{0,64}}"
_LOGON: Final = r'"(?:op|method|event)"\s*:\s*"[^"]{0,40}(?:auth|log[io]n)[^"]{0,40}"'
_SCHEME: Final = "Bearer|Basic|Digest|Negotiate"
_LEAST: Final = 4
"""Characters of the shortest known secret that is looked for: a shorter one is in every other word."""

_Rule = tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]

# No rule looks ahead without bound, so a long line costs its length and not its square.
_RULES: Final[tuple[_Rule, ...]] = tuple(
    (re.compile(pattern, re.IGNORECASE), replacement)
    for pattern, replacement in (
        # A private key in PEM, RFC 7468.
        (r"(-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----)[^-]{0,20000}", rf"\1{REDACTED}"),
        # Logons with bare values: {"op":"auth","args":["key",1,"signature"]}, in either order.
        (rf"({_LOGON}[^\[\]]{{0,200}})\[[^\]]{{0,4000}}\]", rf'\1["{REDACTED}"]'),
        (rf"\[[^\[\]]{{0,4000}}\](\s*,\s*{_LOGON})", rf'["{REDACTED}"]\1'),
        # JSON members, and the same as Python shows a dictionary.
        (rf'("{_NAME}"\s*:\s*)"(?:[^"\\]|\\.)*"', rf'\1"{REDACTED}"'),
        (rf"('{_NAME}'\s*:\s*)b?'(?:[^'\\]|\\.)*'", rf"\1'{REDACTED}'"),
        # Headers as Python shows a list of pairs: (b'X-MBX-APIKEY', b'…').
        (rf"""(\(b?(['"]){_NAME}\2\s*,\s*)b?(['"])(?:[^'"\\]|\\.)*\3""", rf"\1'{REDACTED}'"),
        # Schemes of RFC 9110 section 11.4, wherever they stand.
        (rf"\b({_SCHEME})\s+[A-Za-z0-9+/_~.=-]{{8,}}", rf"\1 {REDACTED}"),
        # Headers as lines.
        (rf"(?<![\w.-])({_NAME}\s*:\s*)(?!{REDACTED}|{_SCHEME}\b)[A-Za-z0-9+/_~.=-]{{8,}}", rf"\1{REDACTED}"),
        # Queries and forms.
        (rf"""(?<![\w.-])({_NAME}=)[^&\s"'<>\x01|]+""", rf"\1{REDACTED}"),
        # User and password of a URL, RFC 3986 section 3.2.1.
        (r"(://)[^/@\s]{1,512}@", rf"\1{REDACTED}@"),
        # A listen key in a path: no stream's name is that long without a mark in it.
        (r"""(?<=/)[A-Za-z0-9_-]{40,}(?=[/?\s"']|$)""", REDACTED),
        # FIX: RawData, Password, NewPassword (96, 554, 925), whatever stands for SOH.
        (r"((?:^|[\x01|^])(?:96|554|925)=)[^\x01|^]+", rf"\1{REDACTED}"),
    )
)  # fmt: skip


def redact(text: str) -> str:
    """``text`` with ``REDACTED`` in the place of every value that looks like a secret: in queries, JSON, headers,
    logons, FIX messages, URLs with a password or a listen key, and private keys."""
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text


class RedactingFilter(logging.Filter):
    """Rewrites records so that neither their message nor their traceback shows a secret. It lets every record pass.

    Add it to handlers: a logger's own filter does not see what loggers below it write.

    :param secrets: values that are never shown, however they are written; those of fewer than four characters are not
        looked for
    """

    def __init__(self, secrets: Iterable[str | Secret] = ()) -> None:
        super().__init__()
        known = {secret.reveal() if isinstance(secret, Secret) else secret for secret in secrets}
        forms = {form for value in known for form in (value, quote(value, safe=""), quote_plus(value), value.strip())}
        wanted = sorted((form for form in forms if len(form) >= _LEAST), key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, wanted))) if wanted else None

    def filter(self, record: logging.LogRecord) -> bool:
        """Redact the record in its place; always true."""
        text = record.getMessage()
        clean = self.redact(text)
        if clean != text:
            record.msg, record.args = clean, ()
        if record.exc_info and record.exc_text is None:
            # Formatters take this text, where there is one, instead of making their own of the exception.
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = self.redact(record.exc_text)
        if record.stack_info:
            record.stack_info = self.redact(record.stack_info)
        return True

    def redact(self, text: str) -> str:
        """:func:`redact`, and the known secrets as well."""
        if self._known is not None:
            text = self._known.sub(REDACTED, text)
        return redact(text)
