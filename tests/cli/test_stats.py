"""`portico stats`."""

from __future__ import annotations

import json

from portico.cli.stats import latest, line
from tests.cli.stub import NOW

DAY = {
    "range": "day",
    "start": NOW,
    "step": 300,
    "count": 4,
    "requests": [None, 0.0, 0.5, 1.0],
    "errors": [None, 0.0, 0.0, 0.01],
    "latency": {"median": [None, None, 0.02, None], "p95": [None, None, 1.25, None]},
    "processes": {
        "web": {
            "cpu": [None, 0.1, 0.2, 0.6],
            "memory": [None, 64 << 20, 80 << 20, 72 << 20],
            "memory_limit": 128 << 20,
        },
        "worker": {"cpu": [None] * 4, "memory": [None, None, 32 << 20, None], "memory_limit": None},
    },
}


def test_a_line_shows_the_course():
    assert line([0.0, None, 7.0, 3.5]) == "▁ █▅"
    assert line([1.0, 7.0, 0.0, None, None, None], width=3) == "█▁ "
    assert line([0.0, 0.0]) == "▁▁"
    assert line([None]) == " "
    assert line([]) == ""


def test_what_was_long_ago_is_not_now():
    assert latest([5.0, *[None] * 9], 10) == 5.0
    assert latest([5.0, *[None] * 10], 10) is None
    assert latest([1.0, 2.0, None], 300) == 2.0
    assert latest([1.0, None, None], 300) is None


def test_shows_what_an_app_has_done_and_used(portico, stub):
    stub.answers["GET /apps/my-app/figures"] = (200, DAY)
    assert portico("stats", "my-app", "--day").stdout == (
        "FIGURE                    NOW                MEAN     MOST     LAST DAY\n"
        "requests                  60/min             30/min   60/min    ▁▅█\n"
        "errors                    0.6/min            0.2/min  0.6/min   ▁▁█\n"
        "latency, median           20 ms              20 ms    20 ms      █\n"
        "latency, 95th percentile  1.2 s              1.2 s    1.2 s      █\n"
        "web CPU                   60%                30%      60%       ▂▃█\n"
        "web memory                72 MiB of 128 MiB  72 MiB   80 MiB    ▇█▇\n"
        "worker memory             32 MiB             32 MiB   32 MiB     █\n"
    )
    assert stub.only("GET", "/apps/my-app/figures").query == {"range": "day"}


def test_prints_every_step_for_scripts(portico, stub):
    stub.answers["GET /apps/my-app/figures"] = (200, {**DAY, "range": "hour"})
    told = json.loads(portico("stats", "my-app", "--json").stdout)
    assert told == {**DAY, "range": "hour"}
    assert stub.only("GET", "/apps/my-app/figures").query == {"range": "hour"}


def test_says_when_nothing_is_known(portico, stub):
    nothing = {"range": "hour", "start": NOW, "step": 10, "count": 360, "requests": [None] * 360}
    stub.answers["GET /apps/my-app/figures"] = (200, nothing)
    result = portico("stats", "my-app")
    assert result.stdout == ""
    assert result.stderr == (
        "Nothing is known of my-app yet; `portico ps my-app` shows what runs.\n"
    )
