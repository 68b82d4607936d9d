from __future__ import annotations

from typing import Any

from portico.control.manage.differences import differences
from portico.control.models import Build, Release

RESULT: dict[str, Any] = {"slug": {"build": 1}}


def release(build: int, processes: dict[str, str], **fields: Any) -> Release:
    result = {**RESULT, "processes": processes}
    return Release(build=Build(pk=build, result=result), **{"config": {}, **fields})


def test_the_same_changes_nothing() -> None:
    same = release(1, {"web": "a"}, config={"KEY": "x"}, commit="a" * 40)
    assert differences(same, same) == []


def test_each_kind_of_change_is_named_and_no_value() -> None:
    before = release(1, {"web": "a", "old": "b"}, config={"KEY": "x", "GONE": "y"}, commit="a" * 40)
    after = release(
        2,
        {"web": "c", "new": "d"},
        config={"KEY": "z", "MADE": "y"},
        commit="b" * 40,
        path_mode="own",
        health_path="/up",
    )
    assert differences(before, after) == [
        "code: aaaaaaaaaa to bbbbbbbbbb",
        "process type new: new",
        "process type old: gone",
        "process type web: changed",
        "config var GONE: gone",
        "config var KEY: changed",
        "config var MADE: new",
        "path mode: default to own",
        "health path: default to /up",
    ]


def test_code_without_commits_is_just_code() -> None:
    assert differences(release(1, {}), release(2, {})) == ["code"]
