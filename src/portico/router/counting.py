"""What the router counts: for each app the answers of its processes, and how long they took to begin.

An endpoint of an app bears the app's id, which makes the answer it gave count for that app. What is
answered in its place (by the gate, the waiting room, the router itself before it had chosen a
process) counts for the platform. Envoy keeps the counters; they start anew with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from portico.figures import BOUNDS, CLASSES, PLATFORM, Requests
from portico.router.xds import Json, extension

STATS = "^apps\\."  # what Envoy's admin is asked for

_SCOPE = "apps"
_OWNER = "portico"
_APP = {"name": "app", "value_format": f"%UPSTREAM_METADATA({_OWNER}:app)%"}
# Of any longer status than three digits Envoy knows nothing.
_CLASS = {"name": "class", "value_format": "%RESP(:STATUS):1%"}
_MICROSECONDS = "%COMMON_DURATION(DS_RX_BEG:DS_TX_BEG:us)%"
_EVER = 1e15  # Envoy tells of no value above the last bound
_FIRST_STATUS = 100

_ANSWERS = re.compile(r"^apps\.answers\.app\.(\d*)\.class\.(\d): (\d+)$", re.MULTILINE)
_SPENT = re.compile(r"^apps\.microseconds\.app\.(\d*): (\d+)$", re.MULTILINE)
_TOOK = re.compile(r"^apps\.took\.app\.(\d*): (B.+)$", re.MULTILINE)
_BUCKET = re.compile(r",(\d+)\)")


def counted_for(app_id: int) -> Json:
    """What an endpoint of the app bears."""
    return {"filter_metadata": {_OWNER: {"app": str(app_id)}}}


def access_log() -> Json:
    """Counts each answer as it ends. A request that got none, as its client left, is not counted."""
    counting = extension(
        "envoy.access_loggers.stats",
        "extensions.access_loggers.stats.v3.Config",
        stats_scope={"prefix": _SCOPE},
        counters=[
            {"stat": {"name": "answers", "tags": [_APP, _CLASS]}, "value_fixed": "1"},
            {"stat": {"name": "microseconds", "tags": [_APP]}, "value_format": _MICROSECONDS},
        ],
        histograms=[
            {
                "stat": {"name": "took", "tags": [_APP]},
                "unit": "Microseconds",
                "value_format": _MICROSECONDS,
            }
        ],
    )
    value = {"default_value": _FIRST_STATUS, "runtime_key": "first_status"}
    return counting | {
        "filter": {"status_code_filter": {"comparison": {"op": "GE", "value": value}}}
    }


def buckets() -> Json:
    """How Envoy tells of durations."""
    bounds = [bound * 1e6 for bound in BOUNDS]
    return {"match": {"prefix": f"{_SCOPE}.took."}, "buckets": [*bounds, _EVER]}


def parsed(stats: str) -> dict[int, Requests]:
    """Envoy's text, with disjoint buckets, by app; what it tells of no app is PLATFORM's."""
    answers = {(_app(app), kind): int(count) for app, kind, count in _ANSWERS.findall(stats)}
    spent = {_app(app): int(count) / 1e6 for app, count in _SPENT.findall(stats)}
    took = {_app(app): tuple(_counts(text)) for app, text in _TOOK.findall(stats)}
    return {
        app: Requests(
            answers=tuple(answers.get((app, kind), 0) for kind in CLASSES),
            seconds=spent.get(app, 0.0),
            **({"took": took[app]} if app in took else {}),
        )
        for app in {app for app, _ in answers}
    }


def _app(tag: str) -> int:
    return int(tag or PLATFORM)


def _counts(text: str) -> Iterator[int]:
    """`B5000(0,3) ...`: in the last seconds, and since Envoy started."""
    return (int(count) for count in _BUCKET.findall(text))
