"""Which names an app and a config var may have."""

from __future__ import annotations

import re

from portico.errors import PorticoError

RESERVED = frozenset(
    {"static", "media", "login", "logout", "portal", "portico", "localhost", "www"}
)
LONGEST_VALUE = 100_000  # the kernel takes 128 KiB per variable, name included

_APP_NAME = re.compile(r"[a-z][a-z0-9-]*[a-z0-9]")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SURROGATE = re.compile("[\ud800-\udfff]")


def check_app_name(name: str) -> None:
    """Raise a PorticoError for a name that no app can have."""
    if not _APP_NAME.fullmatch(name) or len(name) > 40:
        raise PorticoError(
            f"'{_shown(name)}' cannot be the name of an app.",
            "A name has 2 to 40 characters: lower-case letters, digits and dashes. It begins with "
            "a letter and does not end with a dash.",
            f"Choose another name, for example {_proposal(name)}.",
        )
    if name in RESERVED:
        raise not_free(name)


def not_free(name: str) -> PorticoError:
    """The same for a reserved name as for an app's: some may not know that there is this app."""
    return PorticoError(
        f"The name '{name}' is not free.",
        "The platform keeps it for itself, or an app has it.",
        f"Choose another name, for example {_proposal(name)}.",
        status=409,
    )


def check_config_var(name: str, value: str | None) -> None:
    """Raise a PorticoError for a config var that cannot be set. `value` None unsets it."""
    if not _VARIABLE.fullmatch(name) or len(name) > 200:
        raise PorticoError(
            f"'{_shown(name)}' cannot be the name of a config var.",
            "A name consists of letters, digits and underscores and does not begin with a digit.",
            "Choose another name, for example DATABASE_URL.",
        )
    if name == "PORT" or name.startswith("PORTICO_"):
        raise PorticoError(
            f"The config var {name} cannot be set.",
            "PORT and all names that begin with PORTICO_ are set by the platform.",
            "Choose another name and read that one in your app.",
        )
    if value is not None:
        _check_value(name, value)


def _check_value(name: str, value: str) -> None:
    if "\0" in value:
        raise PorticoError(
            f"The value of the config var {name} cannot be used.",
            "It contains a NUL character, which no environment variable can hold.",
            "Encode binary values, for example with base64.",
        )
    if _SURROGATE.search(value):
        raise PorticoError(
            f"The value of the config var {name} cannot be used.",
            "It contains half of a character (a surrogate), which cannot be encoded.",
            "Encode binary values, for example with base64.",
        )
    if len(value.encode()) > LONGEST_VALUE:
        raise PorticoError(
            f"The value of the config var {name} is too long.",
            f"It has {len(value.encode())} bytes; {LONGEST_VALUE} are possible.",
            "Keep large values in a file under $PORTICO_DATA_DIR.",
        )


def _proposal(name: str) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:34].strip("-")
    if not words or words in RESERVED or not words[0].isalpha() or len(words) < 2:
        words = f"my-{words or 'app'}"
    return words if words != name else f"my-{words}"


def _shown(name: str) -> str:
    return name if len(name) <= 60 else f"{name[:60]}..."
