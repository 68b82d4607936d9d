from __future__ import annotations

from datetime import UTC, datetime

import pytest

from portico.control.portal.wishes import Entry, Order, Section, Wish, chosen

SALES = Entry(1, "sales-2024", "Sales report", "Numbers by week", ("finance",), 2, listed=True)
MAPS = Entry(2, "maps", "", "Where the stores are", ("geo", "stores"), listed=True)
DRAFT = Entry(3, "draft", "Draft", listed=False, mine=True)
OLD = Entry(
    4, "old", "An old one", rank=1, listed=True, deployed_at=datetime(2020, 1, 1, tzinfo=UTC)
)
NEW = Entry(5, "new", "Zebra", listed=True, mine=True, deployed_at=datetime(2026, 1, 1, tzinfo=UTC))
ALL = (SALES, MAPS, DRAFT, OLD, NEW)


def names(wish: Wish, favourites: set[int] | None = None) -> list[str]:
    return [entry.name for entry in chosen(wish, ALL, favourites or set())]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (Order.RANK, ["old", "sales-2024", "maps", "new"]),
        (Order.NAME, ["old", "maps", "sales-2024", "new"]),
        (Order.RECENT, ["new", "old", "maps", "sales-2024"]),
    ],
)
def test_the_order_is_as_wished_then_by_title(order: Order, expected: list[str]) -> None:
    assert names(Wish(order=order)) == expected


def test_favourites_come_first() -> None:
    assert names(Wish(), {5, 2}) == ["maps", "new", "old", "sales-2024"]


def test_what_is_not_listed_shows_among_ones_own_alone() -> None:
    assert "draft" not in names(Wish())
    assert names(Wish(section=Section.MINE)) == ["draft", "new"]
    assert names(Wish(section=Section.FAVOURITES), {3, 1}) == ["sales-2024", "draft"]


def test_a_favourite_that_its_owner_lists_no_more_is_gone_for_others() -> None:
    gone = Entry(9, "gone", listed=False)
    assert chosen(Wish(section=Section.FAVOURITES), [gone], {9}) == []


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("SALES", ["sales-2024"]),
        ("week numbers", ["sales-2024"]),
        ("stores geo", ["maps"]),
        ("stores finance", []),
        ("zebra", ["new"]),
        ("<script>", []),
    ],
)
def test_every_word_has_to_be_on_the_card(search: str, expected: list[str]) -> None:
    assert names(Wish(search=search)) == expected


def test_a_tag_is_taken_whole() -> None:
    assert names(Wish(tag="geo")) == ["maps"]
    assert names(Wish(tag="ge")) == []


def test_a_wish_is_read_from_an_address_and_written_into_one() -> None:
    wish = Wish.of({"q": "  two   words ", "section": "mine", "order": "recent", "tag": "a&b"})
    assert wish == Wish("two words", "a&b", Section.MINE, Order.RECENT)
    assert wish.query() == "q=two+words&tag=a%26b&section=mine&order=recent"
    assert Wish().query() == ""


def test_what_means_nothing_in_an_address_is_the_default() -> None:
    assert Wish.of({"q": "\0", "section": "theirs", "order": "'; --", "page": "-1"}) == Wish()
    assert len(Wish.of({"q": "x" * 10_000}).search) == 100
