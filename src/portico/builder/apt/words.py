"""What apt says, for an author: a sentence that names the line of the Aptfile, over apt's own words.

Pure. apt's texts are those of LANG=C.UTF-8.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence

from portico.builder.apt.aptfile import Aptfile, Repository
from portico.errors import PorticoError

_ERROR = re.compile(r"(?:[EW]:|Err:\d+) ?")
_HIDDEN = re.compile(
    r"(Get|Hit|Ign|Err):\d+ |Reading |Building |Selecting |Preparing |Unpacking |\(Reading |Fetched "
    r"|Need to get |After this operation|The following |\d+ upgraded|  |Suggested |Recommended |E: "
    r"|Processing triggers |Solving |Upgrading|Summary|debconf: |W: Download is performed unsandboxed"
    r"|Get more |Installing|Preconfiguring|Extracting |Download size|Space needed|N: "
)
_UNSIGNED = re.compile(
    r"NO_PUBKEY|is not signed|GPG error|signature verification failed|Missing key|BADSIG|EXPKEYSIG"
    r"|[Ss]ignatures? (?:were|was) invalid|couldn't be verified|not bound|Bad signature"
)
_SCRIPT = re.compile(r"dpkg: error processing (?:package|archive) (\S+)")
_MOST_LINES = 20


def worth_showing(line: str) -> bool:
    """What of apt's lines tells an author something: packages being set up, and what they say."""
    return not _HIDDEN.match(line)


def explained(what: str, lines: Sequence[str], wishes: Aptfile) -> PorticoError:
    """A failed `apt-get update` or `apt-get install`."""
    text = _said(lines)
    if "No space left on device" in text:
        return PorticoError(
            "The server's disk is full.",
            "The packages of the Aptfile could not be written.",
            "Ask the operator to free space; nothing of this build was kept.",
        )
    return _update(text, wishes) if what == "update" else _install(lines, text, wishes)


def _update(text: str, wishes: Aptfile) -> PorticoError:
    repository = _named(text, wishes.repositories)
    if repository is None:
        return PorticoError(
            "The repository of the distribution cannot be used.",
            text,
            "Deploy again; if it fails again, ask the operator whether the server reaches it, and "
            "what the setting apt_repository says.",
        )
    place = f"Line {repository.line} of the Aptfile, {repository.url}"
    if _UNSIGNED.search(text):
        key = repository.signed_by or "none, so Debian's own keys count"
        return PorticoError(
            "A package repository is not signed as the Aptfile says.",
            f"{place}. The key that it names: {key}.\n{text}",
            "Put the repository's own public key into the app and name it in that line with "
            "`signed-by=`, or write the https address of the key.",
        )
    return PorticoError(
        "A package repository cannot be used.",
        f"{place}, distribution {repository.distribution}.\n{text}",
        "Compare the line with the repository's instructions, and deploy again.",
    )


def _install(lines: Sequence[str], text: str, wishes: Aptfile) -> PorticoError:
    if broken := [match[1] for line in lines if (match := _SCRIPT.match(line))]:
        return PorticoError(
            f"The package {broken[0]} could not be set up.",
            _last(lines),
            "Look at what its script says; packages that want to start services or change the "
            "machine's settings do not work in an app.",
        )
    concerned = [
        p for p in wishes.packages if re.search(rf"(?<![\w+.-]){re.escape(p.name)}\b", text)
    ]
    numbers = sorted({package.line for package in concerned})
    named = " and ".join(f"line {number}" for number in numbers)
    return PorticoError(
        "The packages of the Aptfile cannot be installed.",
        f"It concerns {named} of the Aptfile.\n{text}" if named else text,
        "Correct the Aptfile and deploy again. A version that is not named any more can be left "
        "out, as in `unixodbc`.",
    )


def unknown(alike: Mapping[int, Iterable[str]], missing: Mapping[str, int]) -> PorticoError:
    """Names that no repository has. `alike` are names to choose proposals from, by line."""
    found, proposals = [], []
    for name, line in sorted(missing.items(), key=lambda item: item[1]):
        found.append(f"Line {line}: no repository has a package named {name}.")
        close = difflib.get_close_matches(name, list(alike.get(line, ())), n=3, cutoff=0.75)
        proposals += [f"For {name}: {', '.join(close)}?"] if close else []
    advice = (
        "Names are those of Debian trixie: look them up at https://packages.debian.org/trixie/."
    )
    return PorticoError(
        "The Aptfile names packages that there are not.",
        "\n".join(found),
        " ".join([*proposals, advice]),
    )


def untrusted(line: int, server: str, found: str) -> PorticoError:
    return PorticoError(
        "The certificate of a package repository is not trusted.",
        f"Line {line} of the Aptfile: {server} shows a certificate issued by {found}.",
        "Use a server whose certificate comes from a publicly trusted authority, or ask the operator "
        "to add the issuer's to the file in the setting ca_bundle.",
    )


def unanswered(line: int, url: str, error: OSError) -> PorticoError:
    reason = getattr(error, "reason", None) or error
    status = getattr(error, "code", None)
    said = f"It answered {status}: {reason}." if status else f"{reason}."
    return PorticoError(
        "A file that the Aptfile names cannot be downloaded.",
        f"Line {line}: {url}. {said}",
        "Open the address in a browser; correct the line, and deploy again.",
    )


def not_a_package_file(line: int, url: str) -> PorticoError:
    return PorticoError(
        "A file that the Aptfile names is not a Debian package.",
        f"Line {line}: what {url} answers does not begin as a .deb file does.",
        "Open the address in a browser: it may lead to a page about the file.",
    )


def no_key(line: int, name: str) -> PorticoError:
    return PorticoError(
        "What a repository is signed by is not a public key.",
        f"Line {line} of the Aptfile: {name} does not begin as an OpenPGP public key does.",
        "Export it with `gpg --armor --export`, or take the file that the repository offers.",
    )


def _named(text: str, repositories: Iterable[Repository]) -> Repository | None:
    return next((r for r in repositories if r.url.rstrip("/") in text), None)


def _said(lines: Sequence[str]) -> str:
    """apt's own explanation: its errors and warnings, with what it says below them."""
    kept, below = [], False
    for line in lines:
        below = (
            bool(_ERROR.match(line))
            or "unmet dependencies" in line
            or (below and line.startswith(" "))
        )
        if below:
            kept.append(_ERROR.sub("", line, count=1).strip())
    told = list(dict.fromkeys(kept)) or list(lines[-_MOST_LINES:])
    return "\n".join(told[:_MOST_LINES])


def _last(lines: Sequence[str]) -> str:
    return "\n".join(lines[-_MOST_LINES:])
