"""What the last lines of a failed program teach: what is missing, and which line brings it. Pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from portico.builder import module_names, system_packages

_MODULE = re.compile(r"ModuleNotFoundError: No module named '([\w.]+)'")
_LIBRARY = re.compile(
    r"\b((?:lib|mod_)[\w.+-]+\.so(?:\.[\d.]*\d)?): cannot open shared object file"
)
_HEADER = re.compile(r"error: '?([\w./+-]+\.h(?:pp|h)?)'?(?:: No such file| file not found)")
_PROGRAM = re.compile(
    r"(?:^|[\s:/'\"])([\w.+-]+)(?:: (?:command )?not found| executable not found)"
    r"|command '(?:[\w./-]*/)?([\w.+-]+)' failed: No such file"
    r"|FileNotFoundError: \[Errno 2\] No such file or directory: '(?:[\w./-]*/)?([\w.+-]+)'"
    r"|failed to execute (?:\w+\(')?([\w.+-]+)"
)
# A compiler of the distribution has the machine before its name.
_MACHINE = re.compile(r"^[a-z0-9_]+-linux-gnu-(?=g?cc|g\+\+)")
_DRIVERS = {
    "Error loading psycopg2 or psycopg module": "psycopg",
    "Error loading MySQLdb module": "MySQLdb",
    "Error loading either pg_config": "psycopg2",
}
_CLOSE = 0.75
_LONGEST = 400


@dataclass(frozen=True)
class Context:
    """What is known of the app: the file of its packages and its own modules, `a` and `a.b`."""

    form: str = ""
    modules: Collection[str] = ()


NOTHING_KNOWN = Context()


def lesson(lines: Sequence[str], context: Context) -> str | None:
    """What to do about it, None when the lines name nothing that is missing."""
    # The agent reads these lines too, and the app writes them: no expression may run for long.
    lines = [line[:_LONGEST] for line in lines]
    for line in lines:
        if (module := _module(line)) is not None:
            return _about_module(module, context)
    for find in (_in_a_sentence, _library, _header, _program):
        if missing := next(filter(None, map(find, lines)), None):
            return _about_package(missing)
    return None


@dataclass(frozen=True)
class _Missing:
    """`what` in words, by its name; `package` when it is known."""

    what: str
    name: str
    package: str | None


def _module(line: str) -> str | None:
    if match := _MODULE.search(line):
        return match[1]
    return next((module for said, module in _DRIVERS.items() if said in line), None)


def _in_a_sentence(line: str) -> _Missing | None:
    for said, (what, package) in system_packages.SENTENCES.items():
        if said in line:
            return _Missing(what, what, package)
    return None


def _library(line: str) -> _Missing | None:
    match = _LIBRARY.search(line)
    if not match:
        return None
    return _Missing(f"the library {match[1]}", match[1], _package_of_library(match[1]))


def _header(line: str) -> _Missing | None:
    match = _HEADER.search(line)
    return (
        _Missing(f"the file {match[1]}", match[1], _package_of_header(match[1])) if match else None
    )


def _program(line: str) -> _Missing | None:
    match = _PROGRAM.search(line)
    found = next((group for group in match.groups() if group), "") if match else ""
    name = _MACHINE.sub("", found)
    # Other programs may be the app's own.
    package = system_packages.PROGRAMS.get(name)
    return _Missing(f"the program {name}", name, package) if package else None


def _package_of_library(name: str) -> str | None:
    stem = name.partition(".so")[0]
    return system_packages.LIBRARIES.get(name) or system_packages.NUMBERED.get(stem)


def _package_of_header(name: str) -> str | None:
    known = system_packages.HEADERS
    return (
        known.get(name)
        or known.get("/".join(name.split("/")[-2:]))
        or known.get(name.rpartition("/")[2])
    )


def _about_package(missing: _Missing) -> str:
    what = f"{missing.what[0].upper()}{missing.what[1:]} is missing"
    if missing.package is None:
        return (
            f"{what}: find the Debian package that holds it (`apt-file search {missing.name}` "
            "knows), write its name into the Aptfile in the app's root folder, and deploy again."
        )
    without = system_packages.WITHOUT.get(missing.name)
    otherwise = f" Or require {without}, which needs no such package." if without else ""
    return (
        f"{what}: write the line `{missing.package}` into the Aptfile in the app's root folder, "
        f"and deploy again.{otherwise}"
    )


def _about_module(module: str, context: Context) -> str:
    own = {name.partition(".")[0] for name in context.modules}
    package = module_names.package_of(module)
    near = difflib.get_close_matches(module, sorted(context.modules), 1, _CLOSE)
    if module.partition(".")[0] in own:
        return _misspelt(module, near)
    if near and module not in module_names.PACKAGES:
        return _misspelt(module, near)
    adding = module_names.adding(package, context.form)
    return f"The module {module} is missing: {adding}, and deploy again."


def _misspelt(module: str, near: Sequence[str]) -> str:
    if near:
        return f"The app has no module {module}, but one named {near[0]}: correct the name."
    return (
        f"The app has no module {module}: correct the name, or deploy that file as well "
        "(.gitignore may leave it out)."
    )
