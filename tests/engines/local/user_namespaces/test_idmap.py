"""From the lines of /etc/subuid to a mapping, and from a mapping to a stack's."""

from __future__ import annotations

from pathlib import Path

import pytest

from portico.engines.local.user_namespaces import idmap
from portico.engines.local.user_namespaces.idmap import (
    Mapping,
    NoIds,
    Range,
    Span,
    mapping_of,
    parse_file,
    parse_listing,
    stack_mapping,
    subordinate_ids,
)
from portico.layout import Users

SUBUID = """\
bob:100000:65536
ada:165536:65536
# a remark
1000:300000:1000
ada:not:numbers
ada:1:2:3
"""


def test_lines_count_by_the_users_name_and_by_its_number() -> None:
    assert parse_file(SUBUID, ("ada", "1000")) == (Range(165536, 65536), Range(300000, 1000))
    assert parse_file(SUBUID, ("eve", "1002")) == ()


def test_a_listing_of_another_source_is_read() -> None:
    assert parse_listing("0: ada 165536 65536\n1: ada 300000 1000\n") == (
        Range(165536, 65536),
        Range(300000, 1000),
    )
    assert parse_listing("Error fetching ranges\n") == ()


@pytest.mark.parametrize(
    ("nsswitch", "uids"),
    [
        ("passwd: files\n", (Range(7, 8),)),
        ("subid: files\n", (Range(7, 8),)),
        ("subid: sss\n", (Range(1, 2),)),
    ],
)
def test_getsubids_is_asked_where_the_files_are_not_the_source(
    nsswitch: str, uids: tuple[Range, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in (("nsswitch", nsswitch), ("subuid", "ada:7:8\n"), ("subgid", "1000:9:9\n")):
        (tmp_path / name).write_text(text)
        monkeypatch.setattr(idmap, name.upper(), tmp_path / name)
    program = tmp_path / "getsubids"
    program.write_text('#!/bin/sh\n[ "$1" = -g ] || echo "0: $1 1 2"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert subordinate_ids("ada", 1000)[0] == uids


def test_the_user_is_the_namespaces_root_and_its_ids_follow() -> None:
    uids = (Range(100000, 65536), Range(300000, 1000))
    assert mapping_of("ada", (1000, 1001), uids, uids) == Mapping(
        (Span(0, 1000, 1), Span(1, 100000, 65536), Span(65537, 300000, 1000)),
        (Span(0, 1001, 1), Span(1, 100000, 65536), Span(65537, 300000, 1000)),
    )


def test_there_are_as_many_users_as_groups() -> None:
    mapping = mapping_of("ada", (1000, 1000), (Range(5, 4000), Range(9000, 9)), (Range(5, 4005),))
    assert isinstance(mapping, NoIds)
    mapping = mapping_of("ada", (1000, 1000), (Range(5, 5000), Range(9000, 9)), (Range(5, 5005),))
    assert mapping == Mapping(
        (Span(0, 1000, 1), Span(1, 5, 5000), Span(5001, 9000, 5)),
        (Span(0, 1000, 1), Span(1, 5, 5005)),
    )
    assert mapping.subordinate == 5005


def test_too_few_ids_are_explained() -> None:
    assert mapping_of("ada", (1000, 1000), (Range(5, 100),), ()) == NoIds(
        "ada has 0 subordinate ids; 4096 are the least that are of use.",
        "Give it some, as root: usermod --add-subuids 524288-589823 --add-subgids "
        "524288-589823 ada (numbers that nobody else has).",
    )


def test_an_app_has_the_same_id_always_until_they_are_used_up() -> None:
    users = Users(0, 65_536)
    assert (users.web, users.router, users.build, users.app(1)) == (None, None, 3, 1001)
    assert users.apps_apart == 63_534
    assert users.app(63_534) == 64_534
    # Those that share one do not share it with a stack.
    assert users.app(63_535) == users.app(70_000) == 64_535
    assert users.stack == (64_536, 1_001)


def test_a_stack_gets_the_ids_of_the_distribution_or_all() -> None:
    few = (Span(0, 64_536, 1000), Span(65_534, 65_536, 1))
    assert stack_mapping(Users(0, 65_536)) == Mapping(few, few)
    many = (Span(0, 65_537, 65_536),)
    assert stack_mapping(Users(0, 131_072)) == Mapping(many, many)
    root = (Span(0, 0x7100_0000, 65_536),)
    assert stack_mapping(Users(0x7000_0000)) == Mapping(root, root)
    assert stack_mapping(Users(None)) is None
