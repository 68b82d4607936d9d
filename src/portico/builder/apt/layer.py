"""Installs what an Aptfile names, as the root of a user namespace, into a layer over the stack.

Packages are really installed: their scripts run, alternatives are set, the cache of libraries is
made. What apt downloads and how it is set up lies beside the layer and goes with the step.
"""

from __future__ import annotations

import base64
import shutil
import ssl
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from portico.builder import log
from portico.builder.apt import aptfile, trust
from portico.builder.apt import sources as apt_sources
from portico.builder.apt.aptfile import (
    ARMOUR,
    Aptfile,
    DebFile,
    Repository,
    is_address,
    is_public_key,
)
from portico.builder.apt.running import Ran, run
from portico.builder.apt.wishes import MOST_KEY
from portico.builder.apt.words import (
    explained,
    no_key,
    not_a_package_file,
    unanswered,
    unknown,
    untrusted,
    worth_showing,
)
from portico.builder.order import AptInstalled, AptOrder
from portico.builder.problems import Problems

SECONDS = 60
PLACES_OF_SANDBOXES = ("passwd", "group")


def install(order: AptOrder) -> AptInstalled:
    """Raises PorticoError; what apt said stands below a sentence that names the Aptfile's line."""
    wishes = aptfile.parse(order.apt.text)
    bundle = trust.bundle()
    step = _Step(order, wishes, bundle, trust.context(bundle))
    step.check_certificates()
    files = step.fetch()
    step.set_up()
    step.apt("update", "apt-get", "update")
    step.check_names()
    before = _installed()
    names = (package.wish for package in wishes.packages)
    step.apt("install", "apt-get", "install", *names, *map(str, files))
    _restore(Path("/etc"))
    return AptInstalled(tuple(sorted(_installed() - before)))


@dataclass(frozen=True)
class _Step:
    order: AptOrder
    wishes: Aptfile
    bundle: Path
    context: ssl.SSLContext

    def check_certificates(self) -> None:
        """Before apt is asked, whose words do not say who has issued a certificate."""
        problems = Problems()
        asked: set[str] = set()
        for line, url in self._addresses():
            server = "/".join(url.split("/")[:3])
            if server in asked:
                continue
            asked.add(server)
            if found := trust.distrusted(url, self.context):
                problems.add(untrusted(line, server, found))
        problems.raise_any()

    def _addresses(self) -> list[tuple[int, str]]:
        """Every https address with its line."""
        found = [(file.line, file.url) for file in self.wishes.files]
        for repository in self.wishes.repositories:
            found.append((repository.line, repository.url))
            if is_address(repository.signed_by):
                found.append((repository.line, repository.signed_by))
        return sorted(found)

    def fetch(self) -> list[Path]:
        """The .deb files."""
        folder = self.order.places.downloads / "files"
        problems = Problems()
        fetched = [
            problems.attempt(partial(self._deb_file, folder, file)) for file in self.wishes.files
        ]
        problems.raise_any()
        return [path for path in fetched if path]

    def _deb_file(self, folder: Path, file: DebFile) -> Path:
        path = folder / str(file.line) / Path(urllib.request.url2pathname(file.url)).name
        path.parent.mkdir(parents=True, exist_ok=True)
        log.step(f"Downloading {file.url}")
        try:
            with self._opened(file.url) as answer, path.open("wb") as kept:
                shutil.copyfileobj(answer, kept)
        except OSError as error:
            raise unanswered(file.line, file.url, error) from None
        with path.open("rb") as kept:
            if kept.read(8) != b"!<arch>\n":
                raise not_a_package_file(file.line, file.url)
        return path

    def _opened(self, url: str) -> IO[bytes]:
        answer: IO[bytes] = urllib.request.urlopen(  # noqa: S310 - https, as the Aptfile's reader demands
            url, timeout=SECONDS, context=self.context
        )
        return answer

    def set_up(self) -> None:
        """apt's configuration, the keys, the list of sources."""
        own = self.order.places.own
        there = apt_sources.asker(self.context)
        sources, missing = apt_sources.of_debian(self.order.debian, self.order.release, there)
        trust.warn(missing)
        problems = Problems()
        for repository in self.wishes.repositories:
            key = problems.attempt(partial(self._key, repository))
            sources.append(apt_sources.of_repository(repository, key or ""))
        problems.raise_any()
        (own / "sources.list").write_text("".join(f"{source}\n" for source in sources))
        (own / "apt.conf").write_text(configuration(own, self.bundle))

    def _key(self, repository: Repository) -> str:
        """The file that apt checks a repository's signature with; '' for Debian's own."""
        if not repository.signed_by:
            return ""
        content = self._key_bytes(repository)
        if not is_public_key(content):
            raise no_key(repository.line, repository.signed_by)
        armoured = content.lstrip().startswith(ARMOUR)
        path = self.order.places.own / f"key-{repository.line}.{'asc' if armoured else 'gpg'}"
        path.write_bytes(content)
        return str(path)

    def _key_bytes(self, repository: Repository) -> bytes:
        if not is_address(repository.signed_by):
            return base64.b64decode(dict(self.order.apt.keys)[repository.signed_by])
        try:
            with self._opened(repository.signed_by) as answer:
                content: bytes = answer.read(MOST_KEY)
                return content
        except OSError as error:
            raise unanswered(repository.line, repository.signed_by, error) from None

    def apt(self, what: str, *command: str) -> Ran:
        ended = self._run(command)
        if ended.code:
            raise explained(what, ended.last, self.wishes)
        return ended

    def _run(self, command: Sequence[str], *, quietly: bool = False) -> Ran:
        program, *rest = command
        own = ("-c", str(self.order.places.own / "apt.conf"))  # read last: it overrides the stack's
        return run((program, *own, *rest), (lambda _: False) if quietly else worth_showing)

    def check_names(self) -> None:
        """apt-get would take an unknown name for a pattern, and says only one of several."""
        names = {package.name: package.line for package in self.wishes.packages}
        if not names:
            return
        known = self._run(["apt-cache", "policy", *names], quietly=True).last
        there = {line.removesuffix(":") for line in known if not line.startswith(" ")}
        missing = {name: line for name, line in names.items() if name not in there}
        if missing:
            raise unknown({line: self._alike(name) for name, line in missing.items()}, missing)

    def _alike(self, name: str) -> list[str]:
        """Names that begin as it does."""
        return list(self._run(["apt-cache", "pkgnames", name[:4]], quietly=True).last)


def configuration(own: Path, bundle: Path) -> str:
    """apt's configuration of this step alone, over what the stack has."""
    return (
        f'Dir::Etc::SourceList "{own}/sources.list";\n'
        'Dir::Etc::SourceParts "/dev/null";\n'
        f'Acquire::https::CAInfo "{bundle}";\n'
        'Acquire::Retries "2";\n'
        'APT::Update::Error-Mode "any";\n'
        'APT::Get::Assume-Yes "true";\n'
        'APT::Keep-Downloaded-Packages "false";\n'
        'DPkg::Use-Pty "false";\n'
        'DPkg::Options {"--force-confdef"; "--force-confold";};\n'
        'quiet "1";\n'
    )


def _installed() -> set[str]:
    shown = run(["dpkg-query", "--show", "--showformat=${Package} ${Version}\\n"], lambda _: False)
    return set(shown.last)


def _restore(etc: Path) -> None:
    """Plain files where sandboxes put their own, whatever a package has made of them."""
    for name in PLACES_OF_SANDBOXES:
        if (etc / name).is_symlink() or not (etc / name).is_file():
            (etc / name).unlink(missing_ok=True)
            (etc / name).touch()
