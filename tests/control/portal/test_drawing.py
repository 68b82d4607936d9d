from __future__ import annotations

import re

from portico.control.portal.drawing import PALETTES, drawing


def test_an_app_has_one_drawing() -> None:
    assert drawing(7) == drawing(7)


def test_apps_are_told_apart() -> None:
    drawings = [drawing(number) for number in range(1, 1001)]
    assert len(set(drawings)) == 1000
    assert {one.ground for one in drawings} == {palette[0] for palette in PALETTES}


def test_a_drawing_is_nothing_but_colours_and_paths() -> None:
    for number in range(1, 200):
        for colour, path in drawing(number).layers:
            assert re.fullmatch(r"#[0-9a-f]{6}", colour)
            assert re.fullmatch(r"[Mmhvaz0-9 .-]+", path)
