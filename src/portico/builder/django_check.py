"""What keeps a Django project from working well at its place, with the line to write."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from portico.builder.django_source import Route, SettingsSource, text_of, texts_of
from portico.builder.findings import Finding, Severity

# What a path in the project's own folder is made with.
_PATH_CALLS = ("Path", "resolve", "absolute", "str", "join", "dirname", "abspath", "joinpath")
_DEEPEST = 5
_STATIC_APP = "django.contrib.staticfiles"
_MIDDLEWARE = '"whitenoise.middleware.WhiteNoiseMiddleware",  # right after SecurityMiddleware'
_PREFIXED = (
    'STATIC_URL = os.environ.get("PORTICO_PATH_PREFIX", "") + "/static/"\n'
    'WHITENOISE_STATIC_PREFIX = "/static/"'
)
_WRAPPED = """from django.conf import settings
from whitenoise import WhiteNoise
application = WhiteNoise(get_wsgi_application(), root=settings.STATIC_ROOT, prefix="static/")"""

Whitenoise = Literal["middleware", "wsgi", "none"]


@dataclass(frozen=True)
class Facts:
    """What is known of a project's settings; None where nobody can tell.

    `allowed_hosts` are the hosts it answers to, `sqlite` whether its database is a file in the
    app's folder, `own` whether it routes its prefix itself, `asgi` whether an ASGI server runs it,
    `whitenoise_prefix` whether whitenoise is told where static files lie below the prefix.
    """

    debug: bool | None = None
    allowed_hosts: tuple[str, ...] | None = None
    static_app: bool = False
    static_root: bool | None = None
    static_url: str | None = None
    whitenoise: Whitenoise | None = None
    whitenoise_prefix: bool = False
    sqlite: bool | None = None
    own: bool = False
    asgi: bool = False


def facts_of_source(source: SettingsSource, routes: list[Route], name: str, *, asgi: bool) -> Facts:
    """As far as the settings are written plainly."""
    written = {name: found.value for name, found in source.settings.items()}
    apps = texts_of(written["INSTALLED_APPS"]) if "INSTALLED_APPS" in written else None
    debug = written.get("DEBUG")
    hosts = written.get("ALLOWED_HOSTS")
    return Facts(
        debug=debug.value is True if isinstance(debug, ast.Constant) else None,
        allowed_hosts=texts_of(hosts) if hosts else (),
        static_app=_STATIC_APP in (apps or ()),
        static_root="STATIC_ROOT" in written,
        static_url=text_of(written["STATIC_URL"]) if "STATIC_URL" in written else None,
        whitenoise=_whitenoise(source, _mentions(written.get("MIDDLEWARE"), "whitenoise")),
        whitenoise_prefix=bool({"WHITENOISE_STATIC_PREFIX", "FORCE_SCRIPT_NAME"} & written.keys()),
        sqlite=_sqlite_inside(written),
        # A computed route is taken for the app's name.
        own=any(route.text is None or route.text.startswith(f"{name}/") for route in routes),
        asgi=asgi,
    )


def facts_of_answer(
    answer: dict[str, Any], source: SettingsSource, tree: Path, *, asgi: bool
) -> Facts:
    """What Django itself said (see django_probe)."""
    database = Path(answer["database"])
    return Facts(
        debug=answer["debug"],
        allowed_hosts=tuple(answer["allowed_hosts"]),
        static_app=answer["static_app"],
        static_root=bool(answer["static_root"]),
        static_url=answer["static_url"],
        whitenoise=_whitenoise(source, answer["whitenoise"]),
        whitenoise_prefix=answer["whitenoise_prefix"],
        sqlite=answer["engine"].endswith(".sqlite3") and database.is_relative_to(tree),
        own=answer["own"],
        asgi=asgi,
    )


def findings(
    facts: Facts, source: SettingsSource, name: str, host: str | None
) -> Iterator[Finding]:
    """`host` is the public one of the app of that name, None when it is not known yet."""
    if facts.debug:
        yield _warning(
            source,
            "DEBUG",
            "DEBUG = True shows viewers the app's code and settings when something fails.",
            'DEBUG = "PORTICO_APP_NAME" not in os.environ',
        )
    if _misses_host(facts, host):
        yield _warning(
            source,
            "ALLOWED_HOSTS",
            f"ALLOWED_HOSTS does not hold {host or 'the host of the server'}, so Django answers "
            "400 to every request.",
            'ALLOWED_HOSTS = [os.environ.get("PORTICO_HOSTNAME", "localhost")]',
        )
    if facts.static_app:
        yield from _static(facts, source)
        yield from _static_addresses(facts, source, name)
    if facts.sqlite:
        yield _warning(
            source,
            "DATABASES",
            "The SQLite file lies in the app's folder, which every deploy replaces.",
            '"NAME": Path(os.environ.get("PORTICO_DATA_DIR", BASE_DIR)) / "db.sqlite3",',
        )


def root_findings(routes: list[Route], name: str) -> Iterator[Finding]:
    """Warn when plain routes leave the app's root without an answer."""
    own = [route for route in routes if route.text != "admin/"]
    if not own or any(route.text is None or route.text in ("", f"{name}/") for route in own):
        return
    yield Finding(
        Severity.WARNING,
        own[0].file,
        own[0].line,
        f"No route answers at the app's root, /{name}/.",
        f'Add a route such as `path("{name}/", ...)`, or `path("", ...)`.',
    )


def _static(facts: Facts, source: SettingsSource) -> Iterator[Finding]:
    if facts.static_root is False:
        yield _warning(
            source,
            "STATIC_URL",
            "There is no STATIC_ROOT, so the app's static files are not collected.",
            'STATIC_ROOT = BASE_DIR / "staticfiles"',
        )
    if facts.whitenoise != "none":
        return
    what = "Nothing serves the static files: whitenoise is missing."
    if facts.asgi or source.wsgi is None:
        yield _warning(source, "MIDDLEWARE", what, f"{_MIDDLEWARE}\n{_PREFIXED}")
    else:
        file, line = source.wsgi.file, source.wsgi.line
        yield Finding(Severity.WARNING, file, line, what, _WRAPPED)


def _static_addresses(facts: Facts, source: SettingsSource, name: str) -> Iterator[Finding]:
    """Django puts the app's prefix before a relative STATIC_URL when it first looks at it, in a
    request. But whitenoise's middleware makes it look at the start, when no prefix is known."""
    url = facts.static_url
    if facts.own or url is None:
        return
    inside = url.startswith(f"/{name}/")
    if facts.whitenoise == "middleware" and not (inside and facts.whitenoise_prefix):
        yield _warning(
            source,
            "STATIC_URL",
            "whitenoise's middleware fixes the addresses of static files at the start, without "
            f"the app's prefix /{name}/.",
            _PREFIXED,
        )
    elif facts.whitenoise != "middleware" and url.startswith("/") and not inside:
        yield _warning(
            source,
            "STATIC_URL",
            "STATIC_URL begins with a slash, so static files are looked for outside of the app.",
            'STATIC_URL = "static/"',
        )


def _misses_host(facts: Facts, host: str | None) -> bool:
    if facts.allowed_hosts is None:
        return False
    if host is None:
        return not facts.allowed_hosts
    return not any(_matches(pattern.lower(), host.lower()) for pattern in facts.allowed_hosts)


def _matches(pattern: str, host: str) -> bool:
    """Django's rule."""
    if pattern.startswith("."):
        return host == pattern[1:] or host.endswith(pattern)
    return pattern in ("*", host)


def _sqlite_inside(written: Mapping[str, ast.expr]) -> bool | None:
    default = _item(written.get("DATABASES"), "default")
    engine, name = _item(default, "ENGINE"), _item(default, "NAME")
    if engine is None or name is None or not (text_of(engine) or "").endswith(".sqlite3"):
        return None
    if (literal := text_of(name)) is not None:
        return not literal.startswith(("/", ":memory:", "file:"))
    return None if _is_computed(name, written, _DEEPEST) else True


def _is_computed(value: ast.expr, written: Mapping[str, ast.expr], depth: int) -> bool:
    """Whether more goes into a path than the project's own folder: a variable, a function."""
    for node in ast.walk(value):
        if isinstance(node, ast.Call) and not ast.unparse(node.func).endswith(_PATH_CALLS):
            return True
        if isinstance(node, ast.Attribute) and node.attr == "environ":
            return True
        named = written.get(node.id) if isinstance(node, ast.Name) else None
        if named is not None and depth and _is_computed(named, written, depth - 1):
            return True
    return False


def _whitenoise(source: SettingsSource, in_middleware: bool) -> Whitenoise:
    if in_middleware:
        return "middleware"
    return "wsgi" if source.wsgi and source.wsgi.whitenoise else "none"


def _item(value: ast.expr | None, key: str) -> ast.expr | None:
    if not isinstance(value, ast.Dict):
        return None
    pairs = zip(value.keys, value.values, strict=True)
    return next((item for name, item in pairs if name is not None and text_of(name) == key), None)


def _mentions(value: ast.expr | None, word: str) -> bool:
    return value is not None and word in ast.unparse(value).lower()


def _warning(source: SettingsSource, setting: str, what: str, fix: str) -> Finding:
    file, line = source.place(setting)
    if "os." in fix and not source.imports_os:
        fix = f"import os  # at the top of the file\n{fix}"
    return Finding(Severity.WARNING, file, line, what, fix)
