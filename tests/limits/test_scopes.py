"""Who is counted together finds the same limiter, for as long as somebody uses it."""

import gc
import threading

import pytest

from barterpy.errors import ConfigurationError, LimitExceeded
from barterpy.limits import Limiter, Places, RollingWindow, Scope, ScopeKind, Scopes, WaitingLine, default_scopes


def make(scope: str, line: WaitingLine) -> Limiter:
    return Limiter("weight", RollingWindow(10, 60), scope=scope, line=line)


def test_two_who_ask_for_one_scope_get_one_limiter() -> None:
    scopes = Scopes()
    one = scopes.limiter(Scope("x.test"), "weight", make)
    assert scopes.limiter(Scope("x.test", "ip"), "weight", make) is one
    assert one.scope == "x.test ip"


def test_other_hosts_names_kinds_and_identities_are_apart() -> None:
    scopes = Scopes()
    limiters = [
        scopes.limiter(scope, name, make)
        for scope, name in [
            (Scope("x.test"), "weight"),
            (Scope("x.test"), "connects"),
            (Scope("y.test"), "weight"),
            (Scope("x.test", "ip", "10.0.0.2"), "weight"),
            (Scope("x.test", "key", "a"), "weight"),
            (Scope("x.test", "account", "a"), "weight"),
            (Scope("x.test", "account", "b"), "weight"),
        ]
    ]
    assert len(set(map(id, limiters))) == len(limiters) == len(scopes)


def test_limiters_of_one_host_can_be_asked_together() -> None:
    scopes = Scopes()
    weight = scopes.limiter(Scope("x.test"), "weight", make)
    orders = scopes.limiter(Scope("x.test", "account", "a"), "orders", make)
    other = scopes.limiter(Scope("y.test"), "weight", make)
    assert weight.line is orders.line
    assert weight.line is not other.line


def test_what_nobody_uses_is_forgotten() -> None:
    scopes = Scopes()
    limiter = scopes.limiter(Scope("x.test"), "weight", make)
    assert len(scopes) == 1
    del limiter
    gc.collect()
    assert len(scopes) == 0


def test_they_are_bounded() -> None:
    scopes = Scopes(1)
    kept = scopes.limiter(Scope("x.test"), "weight", make)
    with pytest.raises(LimitExceeded, match="size of the scopes allows 1"):
        scopes.limiter(Scope("y.test"), "weight", make)
    assert scopes.limiter(Scope("x.test"), "weight", make) is kept


def test_places_are_found_and_forgotten_like_limiters() -> None:
    scopes, key = Scopes(2), Scope("x.test", "key", "sesame")

    def places(scope: str) -> Places:
        return Places(16, name="sessions", scope=scope)

    one = scopes.places(key, "sessions", places)
    assert scopes.places(key, "sessions", places) is one
    assert one.scope == "x.test key"
    other = scopes.places(Scope("x.test", "key", "another"), "sessions", places)
    assert other is not one
    with pytest.raises(LimitExceeded, match="size of the scopes allows 2"):
        scopes.limiter(Scope("x.test"), "weight", make)
    del other
    gc.collect()
    assert len(scopes) == 1


def test_the_identity_shows_itself_nowhere() -> None:
    scope = Scope("x.test", "key", "sesame")
    assert "sesame" not in f"{scope} {scope!r} {scope!s}"


@pytest.mark.parametrize(
    ("host", "kind"), [("", "ip"), ("x.test", "key"), ("x.test", "account"), ("x.test", "connection")]
)
def test_scopes_that_do_not_say_what_is_counted(host: str, kind: ScopeKind) -> None:
    with pytest.raises(ConfigurationError):
        Scope(host, kind)


def test_the_default_ones_are_the_processs_and_each_threads_own() -> None:
    found: list[Scopes] = []
    thread = threading.Thread(target=lambda: found.append(default_scopes()))
    thread.start()
    thread.join()
    assert default_scopes() is default_scopes()
    assert found[0] is not default_scopes()
