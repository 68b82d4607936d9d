"""The filters that keep apps' cookies apart, and the platform's, with its tokens, out of apps' sight.

They are Lua, which costs a tenth of the router's throughput when it runs for every request. So a
matcher in front of each lets it run only when there is a header to mend.
"""

from __future__ import annotations

from pathlib import Path

from portico.router.xds import Json, extension, typed

REQUESTS = "portico.requests"
ANSWERS = "portico.answers"

REQUESTS_MENDED = ("cookie", "authorization")
ANSWERS_MENDED = ("set-cookie", "service-worker-allowed", "clear-site-data")

_LUA = Path(__file__).parent / "lua"
_ANYTHING: Json = {"safe_regex": {"google_re2": {}, "regex": ".*"}}
_SKIP = extension("skip", "extensions.filters.common.matcher.action.v3.SkipFilter")


def filters() -> list[Json]:
    """Both, switched on by the routes of apps alone."""
    return [
        _when(REQUESTS, "requests.lua", "Request", dict.fromkeys(REQUESTS_MENDED, "portico_")),
        _when(ANSWERS, "answers.lua", "Response", dict.fromkeys(ANSWERS_MENDED, "")),
    ]


def of_route(root: str) -> Json:
    """Switch them on; `root` is the app's path with the closing slash."""
    return {
        REQUESTS: typed("config.route.v3.FilterConfig", config={}),
        ANSWERS: typed("extensions.filters.http.lua.v3.LuaPerRoute", filter_context={"root": root}),
    }


def _when(name: str, script: str, side: str, present: dict[str, str]) -> Json:
    """A Lua filter that is skipped unless one of the headers is there and holds the text."""
    there = [_holds(side, header, text) for header, text in present.items()]
    any_of = {"or_matcher": {"predicate": there}} if len(there) > 1 else there[0]
    skip = {"predicate": {"not_matcher": any_of}, "on_match": {"action": _SKIP}}
    matcher = {"matcher_list": {"matchers": [skip]}}
    return extension(
        name,
        "extensions.common.matching.v3.ExtensionWithMatcher",
        extension_config=lua(name, script),
        xds_matcher=matcher,
    ) | {"disabled": True}


def _holds(side: str, header: str, text: str) -> Json:
    return {
        "single_predicate": {
            "input": extension(
                header, f"type.matcher.v3.Http{side}HeaderMatchInput", header_name=header
            ),
            "value_match": _holding(text) if text else _ANYTHING,
        }
    }


def _holding(text: str) -> Json:
    return {"contains": text, "ignore_case": True}


def lua(name: str, script: str, **constants: str) -> Json:
    """The filter with that script, which knows what `ours.lua` defines, and these."""
    given = "".join(f'local {key} = "{value}"\n' for key, value in constants.items())
    source = given + (_LUA / "ours.lua").read_text() + (_LUA / script).read_text()
    return extension(
        name,
        "extensions.filters.http.lua.v3.Lua",
        default_source_code={"inline_string": source},
        # No script changes what routes are chosen by; Envoy would choose again all the same.
        clear_route_cache=False,
    )
