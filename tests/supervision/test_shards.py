"""Topics on connections, by the venue's limits: never more than allowed, never moved, and none opened without need."""

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.connection import Room, ShardLimits, Slot
from barterpy.errors import ConfigurationError
from barterpy.subscription import Channel, Subscription, book, quotes, tickers, trades
from barterpy.supervision import Shards, split

LIMITS = ShardLimits(topics=5, channels={"trades": 2, "book": 3})


def slot(subscription: Subscription) -> Slot:
    """Quotes come with the book; tickers are of another family; one instrument is not offered."""
    if subscription.instrument == "NOPE":
        raise ConfigurationError(f"{subscription.name}: not offered here")
    if subscription.channel is Channel.TICKERS:
        return Slot(f"ticker {subscription.instrument}", "ticker", "slow")
    channel = "book" if subscription.channel in (Channel.BOOK, Channel.QUOTES) else subscription.channel.value
    return Slot(f"{channel} {subscription.instrument}", channel)


def held(*parts: Sequence[Subscription], limits: ShardLimits = LIMITS, family: str = "") -> Shards:
    shards = Shards()
    for number, part in enumerate(parts, 1):
        shards.hold(f"c{number}", Room(limits=limits, slot=slot, family=family), part)
    return shards


A, B, C, D = trades("A"), trades("B"), trades("C"), trades("D")


def test_a_connection_with_room_is_filled_before_another_is_made() -> None:
    placement = held([A]).place([B, C, D])
    assert placement.fills == {"c1": (B,)}
    assert placement.rest == (C, D)


def test_the_first_with_room_takes_it() -> None:
    shards = held([A, B], [C])
    assert shards.place([D]).fills == {"c2": (D,)}
    assert not shards.leave("c1", B.name)
    assert shards.place([D]).fills == {"c1": (D,)}


def test_what_shares_a_topic_goes_where_the_topic_is_though_that_is_full() -> None:
    shards = held([book("A"), book("B"), book("C")], [book("D")])
    placement = shards.place([quotes("B"), quotes("E")])
    assert placement.fills == {"c1": (quotes("B"),), "c2": (quotes("E"),)}
    shards.fill(placement)
    assert not shards.leave("c1", book("B").name)
    assert "book B" in shards.topics("c1")
    shards.leave("c1", quotes("B").name)
    assert "book B" not in shards.topics("c1")


def test_families_do_not_share_a_connection() -> None:
    assert held([A]).place([tickers("A")]).rest == (tickers("A"),)
    assert [room.family for room, _ in split([A, tickers("A"), B], slot, LIMITS)] == ["", "slow"]


def test_a_connection_that_carries_nothing_any_more_says_so() -> None:
    shards = held([A, B])
    assert not shards.leave("c1", A.name)
    assert shards.leave("c1", B.name)
    shards.close("c1")
    assert len(shards) == 0
    assert shards.place([A]).rest == (A,)


def test_a_connection_whose_room_is_not_known_is_never_filled_nor_empty() -> None:
    shards = Shards()
    shards.hold("c1", None, [A])
    assert shards.place([B]).rest == (B,)
    assert not shards.leave("c1", A.name)
    assert shards.topics("c1") == ()


def test_what_the_venue_does_not_offer_is_refused_and_nothing_has_changed() -> None:
    shards = held([A])
    with pytest.raises(ConfigurationError, match=r"trades\(NOPE\)"):
        shards.place([B, trades("NOPE")])
    with pytest.raises(ConfigurationError, match=r"trades\(NOPE\)"):
        split([A, trades("NOPE")], slot, LIMITS)
    assert shards.topics("c1") == ("trades A",)


def test_no_more_connections_than_the_venue_allows() -> None:
    two = ShardLimits(channels={"trades": 1}, connections=2)
    with pytest.raises(ConfigurationError, match="3 connections are more than the venue allows at a time, 2"):
        split([A, B, C], slot, two)
    shards = held([A], [B], limits=two)
    shards.check([])
    with pytest.raises(ConfigurationError, match="3 connections"):
        shards.check([Room(limits=two, slot=slot)])


def test_no_more_connections_of_a_family_than_the_venue_allows() -> None:
    limits = ShardLimits(topics=1, connections=4, families={"slow": 2})
    slow = [tickers("A"), tickers("B"), tickers("C")]
    assert len(split([*slow[:2], A, B], slot, limits)) == 4
    with pytest.raises(ConfigurationError, match="3 slow connections are more than the venue allows at a time, 2"):
        split([*slow, A], slot, limits)
    shards = held([slow[0]], [slow[1]], limits=limits, family="slow")
    shards.hold("c3", Room(limits=limits, slot=slot), [A])
    shards.check([Room(limits=limits, slot=slot)])
    with pytest.raises(ConfigurationError, match="3 slow connections"):
        shards.check([Room(limits=limits, slot=slot, family="slow")])


def test_what_replaces_a_connection_counts_beside_it_for_as_long() -> None:
    three = ShardLimits(topics=1, connections=3)
    shards = held([A], [B], limits=three)
    further = [Room(limits=three, slot=slot)]
    shards.check([], {"c1": 1})
    with pytest.raises(ConfigurationError, match="4 connections are more than the venue allows at a time, 3") as caught:
        shards.check([], {"c1": 1, "c2": 1})
    assert (caught.value.retryable, caught.value.fatal) == (True, False)
    with pytest.raises(ConfigurationError, match="3; 1 of them until they have replaced others") as caught:
        shards.check(further, {"c2": 1})
    assert (caught.value.retryable, caught.value.fatal) == (True, False)
    with pytest.raises(ConfigurationError, match="5 connections") as caught:
        shards.check(further * 2, {"c2": 1})
    assert (caught.value.retryable, caught.value.fatal) == (False, True)
    shards.check(further, {"a connection that is no more": 1})


def test_what_replaces_a_connection_of_a_family_counts_with_the_family() -> None:
    limits = ShardLimits(topics=1, families={"slow": 1})
    shards = held([tickers("A")], limits=limits, family="slow")
    with pytest.raises(ConfigurationError, match="2 slow connections"):
        shards.check([], {"c1": 1})


def test_every_copy_of_a_connection_counts() -> None:
    limits = ShardLimits(connections=4)
    shards = Shards(2)
    shards.hold("c1", Room(limits=limits, slot=slot), [A])
    shards.check([Room(limits=limits, slot=slot)])
    shards.check([], {"c1": 2})
    with pytest.raises(ConfigurationError, match="5 connections"):
        shards.check([], {"c1": 3})


@pytest.mark.parametrize(
    "limits",
    [
        {"topics": 0},
        {"connections": 0},
        {"channels": {"a": 0}},
        {"families": {"a": 0}},
        {"connects": (0, 1.0)},
        {"messages": (1, 0.0)},
    ],
)
def test_limits_that_leave_nothing_are_refused(limits: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError):
        ShardLimits(**limits)  # type: ignore[arg-type]


SUBSCRIPTION: st.SearchStrategy[Subscription] = st.sampled_from(
    [make(name) for make in (trades, book, quotes, tickers) for name in "ABCDEFGHIJ"]
)
BOUNDS = st.builds(
    ShardLimits,
    topics=st.none() | st.integers(1, 6),
    channels=st.dictionaries(st.sampled_from(["trades", "book"]), st.integers(1, 4)),
)


def keeps(limits: ShardLimits, names: Sequence[str]) -> bool:
    counts = Counter(name.partition(" ")[0] for name in names)
    return (limits.topics is None or len(names) <= limits.topics) and all(
        counts[channel] <= most for channel, most in limits.channels.items()
    )


@given(BOUNDS, st.lists(SUBSCRIPTION, max_size=60))
def test_splitting_keeps_every_limit_and_leaves_nothing_out(limits: ShardLimits, wanted: list[Subscription]) -> None:
    parts = split(wanted, slot, limits)
    assert sorted(one.name for _, part in parts for one in part) == sorted({one.name for one in wanted})
    places: dict[str, int] = {}
    for number, (room, part) in enumerate(parts):
        topics = list(dict.fromkeys(slot(one).topic for one in part))
        assert keeps(limits, topics)
        assert {slot(one).family for one in part} == {room.family}
        for topic in topics:
            assert places.setdefault(topic, number) == number, "one topic on two connections"


@given(BOUNDS, st.lists(st.tuples(st.booleans(), SUBSCRIPTION), max_size=80))
def test_growing_and_shrinking_keeps_every_limit_and_moves_nothing(
    limits: ShardLimits, steps: list[tuple[bool, Subscription]]
) -> None:
    """As a stream does it: fill, open what is missing, close what is empty."""
    shards, where, made = Shards(), dict[str, str](), 0
    wanted: dict[str, Subscription] = {}
    for wants, subscription in steps:
        before = dict(where)
        if wants and subscription.name not in wanted:
            wanted[subscription.name] = subscription
            placement = shards.place([subscription])
            shards.fill(placement)
            for name in placement.fills:
                where[subscription.name] = name
            for room, part in split(placement.rest, slot, limits):
                # Only when no connection could take it.
                found = slot(subscription)
                of_family = [one for one in set(where.values()) if keeps_room(shards, one, limits, found, wanted)]
                assert not of_family
                made += 1
                shards.hold(f"c{made}", room, part)
                where.update({one.name: f"c{made}" for one in part})
        elif not wants and subscription.name in wanted:
            del wanted[subscription.name]
            name = where.pop(subscription.name)
            if shards.leave(name, subscription.name):
                assert name not in where.values()
                shards.close(name)
            else:
                assert name in where.values()
        assert all(where[name] == before[name] for name in where if name in before), "moved"
        for name in set(where.values()):
            assert keeps(limits, shards.topics(name))
            assert set(shards.topics(name)) == {slot(wanted[one]).topic for one in where if where[one] == name}
    assert len(shards) == len(set(where.values()))


def keeps_room(shards: Shards, name: str, limits: ShardLimits, found: Slot, wanted: dict[str, Subscription]) -> bool:
    topics = shards.topics(name)
    families = {slot(one).family for one in wanted.values() if slot(one).topic in topics}
    return families == {found.family} and keeps(limits, [*topics, found.topic])
