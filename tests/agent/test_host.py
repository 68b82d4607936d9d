"""What the agent raises before it serves."""

from __future__ import annotations

from pathlib import Path

from portico.agent.host import INOTIFY, endpoint_files_work, too_low


def proc_sys(root: Path, *values: int) -> Path:
    for name, value in zip(INOTIFY, values, strict=True):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"{value}\n")
    return root


def test_what_is_too_low_for_a_file_per_app_is_raised(tmp_path: Path) -> None:
    assert too_low(proc_sys(tmp_path, 128, 8192)) == dict.fromkeys(INOTIFY, "65536")
    assert too_low(proc_sys(tmp_path, 128, 600_000)) == {INOTIFY[0]: "65536"}
    assert too_low(proc_sys(tmp_path, 65_536, 600_000)) == {}


def test_where_that_cannot_be_the_router_has_no_file_per_app(tmp_path: Path) -> None:
    assert not endpoint_files_work(proc_sys(tmp_path, 65_536, 8192))
    assert not endpoint_files_work(tmp_path / "nowhere")
