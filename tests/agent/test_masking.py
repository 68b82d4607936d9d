"""No secret leaves a deploy: not in a line, however long, not in a problem, not in a warning."""

from __future__ import annotations

from pathlib import Path

import pytest

from portico.agent.masking import MaskedLines, mask_of, masked_problem, masked_result
from portico.engines.lines import LONGEST_LINE, LineSplitter
from portico.secret_values import Mask
from portico.settings import Settings
from portico.wire import Build, BuildResult, Deploy, Problem, Slug
from tests.agent.plans import plan, release


def lines(mask: Mask, text: str) -> list[str]:
    """What a sink gets of an output, split as engines do."""
    found: list[str] = []
    sink, splitter = MaskedLines(mask, found.append), LineSplitter()
    for line in (*splitter.feed(text.encode()), *splitter.flush()):
        sink(line)
    sink.flush()
    return found


@pytest.mark.parametrize("shift", range(-12, 2))
def test_a_secret_across_the_cut_of_a_long_line_is_hidden(shift: int) -> None:
    before = "x" * (LONGEST_LINE + shift)
    found = "".join(lines(Mask([("TOKEN", "topsecret!")]), f"{before}topsecret! and more\nnext\n"))
    assert found == f"{before}[TOKEN] and morenext"


def test_the_end_of_a_long_line_is_not_lost() -> None:
    text = "x" * LONGEST_LINE
    assert "".join(lines(Mask([("TOKEN", "topsecret!")]), text)) == text


def test_lines_of_usual_length_come_as_they_are() -> None:
    assert lines(Mask([("TOKEN", "topsecret!")]), "a\n\nb topsecret!") == ["a", "", "b [TOKEN]"]
    assert lines(Mask(), "y" * LONGEST_LINE + "z") == ["y" * LONGEST_LINE, "z"]


def test_the_secrets_of_a_build_and_of_the_releases_concerned_are_known() -> None:
    app = plan(
        current=release(config={"OLD_TOKEN": "old-token"}),
        deploy=Deploy(
            id=1,
            build=Build(id=1, source="0" * 64, config={"API_KEY": "new-key", "MODE": "plain-word"}),
            release=release(config={"DB_PASSWORD": "password-of-db", "TOKEN_COUNT": "4711"}),
        ),
        secret={"MODE": True, "TOKEN_COUNT": False},
    )
    mask = mask_of(app, Settings(data=Path("/data")))
    assert mask("old-token new-key plain-word password-of-db 4711") == (
        "[OLD_TOKEN] [API_KEY] [MODE] [DB_PASSWORD] 4711"
    )


def test_the_operators_passwords_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_INDEX", "ours=https://me:first-word@a/simple https://b/simple")
    settings = Settings(
        data=Path("/data"),
        package_index="https://me:second-word@index/simple",
        conda_channels={"*": "https://me:third-word@conda"},
    )
    mask = mask_of(plan(), settings)
    assert mask("first-word second-word third-word https://b/simple") == (
        "[hidden] [hidden] [hidden] https://b/simple"
    )


def test_problems_and_warnings_lose_them_in_every_part() -> None:
    mask = Mask([("TOKEN", "topsecret!")])
    problem = Problem(title="a topsecret!", detail="b\ntopsecret!", hint="https://me:word@c")
    assert masked_problem(problem, mask) == Problem(
        title="a [TOKEN]", detail="b\n[TOKEN]", hint="https://[hidden]@c"
    )
    result = BuildResult(slug=Slug(build=1), processes={}, warnings=("topsecret! is old",))
    assert masked_result(result, mask).warnings == ("[TOKEN] is old",)
