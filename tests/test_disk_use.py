"""What takes the disk, with the names that people know; pure."""

from __future__ import annotations

from portico.disk_use import Document, columns, merged, shared_parts, used_by

PARTS = {"data": 4, "logs": 5, "layers": 6, "system_packages": 7, "cache": 8, "other": 9}
CONTENTS: Document = {
    "total": 6_000_000,
    "free": 7_000_000_000,
    "apps": [
        {"id": 7, "slugs": {"3": 1_000_000, "12": 2}, "parts": PARTS},
        {"id": 9, "slugs": {}, "parts": PARTS},
    ],
    "environments": [
        {"name": "a" * 32, "app": None, "bytes": 150_000_000, "builds": [[7, 3], [7, 12], [9, 1]]},
        {"name": "b" * 32, "app": 7, "bytes": 3, "builds": []},
    ],
    "caches": {"cache": 1_500_000},
    "pythons": {"cpython-3.12.1-linux": 1},
    "stacks": {},
    "server": {"git": 2},
}
INVENTORY = [{"id": 7, "name": "polls", "releases": {"1": 3, "2": 3}}]


def test_what_was_measured_gets_the_names_that_people_know() -> None:
    found = merged(CONTENTS, INVENTORY)
    assert found["apps"] == [
        {
            "id": 9,
            "name": "app 9",
            "releases": [],
            "bytes": {"environments": 0, **PARTS},
            "total": 39,
        },
        {
            "id": 7,
            "name": "polls",
            "releases": [
                {"build": 3, "versions": [1, 2], "bytes": 1_000_000},
                {"build": 12, "versions": [], "bytes": 2},
            ],
            "bytes": {"environments": 3, **PARTS},
            "total": 1_000_044,
        },
    ]
    assert found["environments"] == [
        {
            "name": "a" * 32,
            "app": None,
            "bytes": 150_000_000,
            "used_by": [
                {"app": "polls", "build": 3, "versions": [1, 2]},
                {"app": "polls", "build": 12, "versions": []},
                {"app": "app 9", "build": 1, "versions": []},
            ],
        },
        {"name": "b" * 32, "app": "polls", "bytes": 3, "used_by": []},
    ]
    assert found["caches"] == [{"name": "cache", "bytes": 1_500_000}]
    assert (found["total"], found["free"]) == (6_000_000, 7_000_000_000)


def test_nothing_uses_what_no_build_names() -> None:
    assert used_by([]) == "nothing"


def test_files_of_an_app_are_what_has_no_name_of_its_own() -> None:
    (_, polls) = merged(CONTENTS, INVENTORY)["apps"]
    assert columns(polls) == (1_000_017, 18, 4, 5, 1_000_044)


def test_what_belongs_to_no_app_is_told_with_what_it_is() -> None:
    assert list(shared_parts(merged(CONTENTS, INVENTORY))) == [
        ("packages in cache", 1_500_000),
        ("cpython-3.12.1-linux", 1),
        ("server's git", 2),
    ]
