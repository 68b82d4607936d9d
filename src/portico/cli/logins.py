"""The file that remembers servers and tokens, and which server is the current one."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from portico.errors import PorticoError


@dataclass(frozen=True)
class Login:
    server: str
    token: str


@dataclass(frozen=True)
class Logins:
    """`tokens` by server, the last login last."""

    current: str | None = None
    tokens: dict[str, str] = field(default_factory=dict)

    def with_login(self, login: Login) -> Logins:
        others = {server: t for server, t in self.tokens.items() if server != login.server}
        return replace(self, current=login.server, tokens={**others, login.server: login.token})


def is_token(text: str) -> bool:
    """Whether it can stand in a request at all; the server knows whether it is good."""
    return text.isascii() and text.isprintable() and " " not in text and bool(text)


def path() -> Path:
    """Where the logins are kept."""
    base = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base) / "portico" / "config.json"


def load() -> Logins:
    """What is kept; nothing when there is no file yet."""
    file = path()
    try:
        return _parsed(file.read_text())
    except FileNotFoundError:
        return Logins()
    except (ValueError, TypeError, AttributeError) as error:
        raise _damaged(file, f"it is not what `portico login` writes ({error})") from error
    except OSError as error:
        raise _damaged(file, str(error.strerror).lower()) from error


def save(logins: Logins) -> None:
    """Replace the file at once, readable by its owner only from its first byte."""
    file = path()
    text = json.dumps({"current": logins.current, "servers": _servers(logins)}, indent=2)
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.NamedTemporaryFile("w", dir=file.parent, delete=False) as half:
            half.write(text + "\n")
        Path(half.name).replace(file)
    except OSError as error:
        raise PorticoError(
            "The login could not be saved.",
            f"{file} cannot be written: {error.strerror}.",
            "Make the folder writable, or set PORTICO_SERVER and PORTICO_TOKEN instead.",
        ) from error


def normalised(server: str) -> str:
    """The address of a server as it is kept: scheme, host and port without a closing slash."""
    text = server.strip().rstrip("/")
    full = text if "://" in text else f"{_usual_scheme(text)}://{text}"
    try:
        parts = urlsplit(full)
        port = f":{parts.port}" if parts.port else ""
    except ValueError as error:
        raise _malformed(server, str(error)) from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise _malformed(server, "it has no host name, or begins with neither http nor https")
    if parts.path or parts.query or parts.fragment:
        raise _malformed(
            server, f"there is more behind the host: {full.partition(parts.netloc)[2]}"
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{port}"


def _usual_scheme(address: str) -> str:
    local = address.startswith(("localhost", "127.", "[::1]"))
    return "http" if local else "https"


def _malformed(server: str, found: str) -> PorticoError:
    return PorticoError(
        f"{server!r} is not the address of a server.",
        f"{found[:1].upper()}{found[1:]}.",
        "Give it as in a browser, up to the host and port: `https://apps.example.org`.",
    )


def _parsed(text: str) -> Logins:
    document = json.loads(text)
    tokens = {str(url): str(each["token"]) for url, each in document["servers"].items()}
    current = document.get("current")
    return Logins(current if current in tokens else None, tokens)


def _servers(logins: Logins) -> dict[str, dict[str, str]]:
    return {server: {"token": token} for server, token in logins.tokens.items()}


def _damaged(file: Path, found: str) -> PorticoError:
    return PorticoError(
        "The saved logins cannot be read.",
        f"{file}: {found}.",
        "Repair the file, or remove it and log in again: `portico login URL`.",
    )
