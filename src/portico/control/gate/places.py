"""Where a visitor wants to go: a path of an app, and nowhere else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from portico.control import instance

LEAVE = "/-/gate/leave"
ENTER = "/-/gate/enter"
ARRIVE = "/-/gate/arrive"

_PLACE = re.compile(r"/([a-z][a-z0-9-]{0,38}[a-z0-9])/[\x21-\x7e]*")
_LONGEST = 4000


@dataclass(frozen=True)
class Place:
    """`path` begins with `/<app>/` and may have a query. Any redirect to it stays on our host."""

    app: str
    path: str

    @classmethod
    def parse(cls, text: str) -> Place | None:
        """None for anything that is no path of an app, whether there is that app or not."""
        text = quote(text, safe="/%?&=+:;,@!$'()*~#[]-._")
        found = _PLACE.fullmatch(text)
        return cls(found[1], text if len(text) <= _LONGEST else f"/{found[1]}/") if found else None

    def at(self, app: str) -> Place:
        """The same place in the app by its name of now."""
        return Place(app, f"/{app}{self.path.removeprefix(f'/{self.app}')}")

    @property
    def address(self) -> str:
        """A path on the same host, or the whole address where apps have another."""
        return f"{instance.app_origin(self.app)}{self.path}"


def way_in(place: Place) -> str:
    """Where a browser without a visit is sent. Nothing but a path: on the host that it used."""
    return _address(LEAVE if instance.server().apps_apart else ENTER, next=place.path)


def enter_address(place: Place, door: str) -> str:
    """From the app's host to the portal's; `door`: the digest of the cookie left behind there."""
    return instance.server().public_url + _address(ENTER, next=place.path, door=door)


def arrive_address(place: Place, code: str) -> str:
    """And back."""
    return instance.app_origin(place.app) + _address(ARRIVE, next=place.path, code=code)


def _address(path: str, **values: str) -> str:
    return f"{path}?{urlencode(values)}"
