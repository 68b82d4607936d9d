"""Fixtures: the database as a file or PostgreSQL, personas, a server's folders."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.test import Client

from portico.control import sources
from portico.control.access.deciding import Role
from portico.control.encryption.keyring import FILE
from portico.control.encryption.keys import make_file
from portico.control.models import App, Deploy, Kind, Source, Token
from portico.control.models.person import set_role
from portico.settings import Settings
from tests.control.agent import FakeAgent
from tests.control.running import Forwarder, Web, poll, web_process

HTML = {"Accept": "text/html,*/*;q=0.8"}


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A file, as in real life: threads of one process do not share a database in memory."""
    database = django_settings.DATABASES["default"]
    database["CONN_MAX_AGE"] = 0  # none may be open when the database is removed
    if database["ENGINE"].endswith("sqlite3"):
        name = tmp_path_factory.mktemp("database") / "test.sqlite3"
        database["TEST"]["NAME"] = str(name)


@pytest.fixture(autouse=True)
def folders(settings: Any, tmp_path: Path) -> Path:
    """The data folder of the server under test."""
    settings.PORTICO = Settings(data=tmp_path, url="http://portico.example", trust_authors=True)
    (tmp_path / "web" / "sources").mkdir(parents=True)
    make_file(tmp_path / "web" / FILE)
    return tmp_path


def person(name: str, role: Role) -> User:
    user = User.objects.create(username=name)
    set_role(user, role)
    return user


@pytest.fixture
def alice(db: None) -> User:
    """The author."""
    return person("alice", Role.AUTHOR)


@pytest.fixture
def bob(db: None) -> User:
    """Another author."""
    return person("bob", Role.AUTHOR)


@pytest.fixture
def app(alice: User) -> App:
    return App.create("polls", alice)


@pytest.fixture
def client(alice: User) -> Client:
    """Alice's."""
    return Client(headers={"authorization": f"Bearer {Token.issue(alice, 'laptop')}"})


@pytest.fixture
def visitor(alice: User) -> Client:
    """Alice's browser, in which she has signed in."""
    visitor = Client()
    visitor.force_login(alice)
    return visitor


@pytest.fixture
def stranger(db: None) -> Client:
    return Client()


@pytest.fixture
def upload(app: App, alice: User) -> Callable[..., Deploy]:
    """Deploy an archive with these bytes to the app, as the API does once it has them."""

    def deploy(content: bytes = b"one", **options: Any) -> Deploy:
        sha256 = (content.hex() * 64)[:64]
        sources.path_of(sha256).write_bytes(content)
        source, _ = Source.objects.get_or_create(sha256=sha256, defaults={"size": len(content)})
        given = {"kind": Kind.UPLOAD, "commit": None, "use_cache": True, **options}
        return app.deploy(source, alice, **given)

    return deploy


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    """A real web process, with the token of its administrator."""
    with web_process() as web:
        assert poll(lambda: web.router.get("/-/ready").status_code == 200)
        yield web


@pytest.fixture
def agent(web: Web) -> Iterator[FakeAgent]:
    agent = FakeAgent(
        web.client(web.runtime / "agent" / "agent.sock"), web.runtime / "agent" / "agent.sock"
    )
    agent.start()
    yield agent
    agent.stop()
    agent.client.close()


@pytest.fixture
def forwarder(web: Web) -> Iterator[Forwarder]:
    forwarder = Forwarder(web.runtime / "web" / "web.sock")
    yield forwarder
    forwarder.close()
