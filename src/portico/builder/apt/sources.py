"""Where the packages of the distribution come from: Debian, or what the operator has in its place.

Pure, but for asking which parts of an operator's repository there are.
"""

from __future__ import annotations

import ssl
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from portico.builder.apt.aptfile import Repository
from portico.builder.order import Debian

DEBIAN = "http://deb.debian.org/debian"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
ASKING_SECONDS = 20


@dataclass(frozen=True)
class Source:
    """A line of apt's sources.list."""

    url: str
    distribution: str
    components: tuple[str, ...]
    signed_by: str

    def __str__(self) -> str:
        place = " ".join((self.url, self.distribution, *self.components))
        return f"deb [signed-by={self.signed_by}] {place}"


Asked = Callable[[Source], bool]


def of_debian(debian: Debian, release: str, there: Asked) -> tuple[list[Source], list[str]]:
    """The release with its updates and security updates; and what of it is not there, in sentences.

    Debian has all three. Of an operator's repository only the first is required: `there` is asked
    for the others. Security updates lie beside the repository, as Debian has them and mirrors do.
    """
    main, updates, security = (
        Source(f"{debian.url}{beside}", f"{release}{suffix}", ("main",), debian.signed_by)
        for beside, suffix in (("", ""), ("", "-updates"), ("-security", "-security"))
    )
    if not debian.replaced:
        return [main, updates, security], []
    found = [source for source in (updates, security) if there(source)]
    if security in found:
        return [main, *found], []
    missing = f"The apt repository has no security updates: {security.url} is not there."
    return [main, *found], [missing]


def of_repository(repository: Repository, key: str) -> Source:
    """A line of an Aptfile. `key` is the file that its signature is checked with."""
    parts = (repository.url, repository.distribution, repository.components)
    return Source(*parts, signed_by=key or KEYRING)


def asker(trust: ssl.SSLContext) -> Asked:
    """Asks for the index of a source, by `copy:` or over HTTP."""

    def there(source: Source) -> bool:
        places = (f"dists/{source.distribution}/{name}" for name in ("InRelease", "Release"))
        if source.url.startswith("copy:"):
            folder = Path(source.url.removeprefix("copy:"))
            return any((folder / place).is_file() for place in places)
        return any(_answers(f"{source.url}/{place}", trust) for place in places)

    return there


def _answers(url: str, trust: ssl.SSLContext) -> bool:
    request = urllib.request.Request(url, method="HEAD")  # noqa: S310 - the operator's own
    try:
        with urllib.request.urlopen(request, timeout=ASKING_SECONDS, context=trust):  # noqa: S310 - same
            return True
    except (OSError, urllib.error.URLError):
        return False
