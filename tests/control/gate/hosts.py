"""A browser among several hosts, all of which are the router."""

from __future__ import annotations

import httpx

from tests.control.gate.house import House

PORTAL = "portico.example"


class Hosts:
    """It keeps the cookies of each host apart. A person is known on the portal's."""

    def __init__(self, house: House, person: str = "") -> None:
        self._house = house
        self._of = {PORTAL: house.browser(person)}

    def at(self, host: str) -> httpx.Client:
        if host not in self._of:
            self._of[host] = self._house.browser()
        return self._of[host]

    def get(self, host: str, path: str) -> httpx.Response:
        return self.at(host).get(path, headers={"Host": host})

    def follow(self, host: str, path: str) -> tuple[str, httpx.Response]:
        """Until there is no redirect any more: on which host, and what it answers."""
        answer = self.get(host, path)
        while answer.is_redirect:
            place = httpx.URL(answer.headers["location"])
            host = place.host or host
            answer = self.get(host, place.raw_path.decode())
        return host, answer

    def door_of(self, host: str, path: str) -> str:
        """The path on the portal's host that the way in leads over."""
        leaving = self.get(host, path).headers["location"]
        return path_of(self.get(host, leaving).headers["location"])


def path_of(address: str) -> str:
    return httpx.URL(address).raw_path.decode()
