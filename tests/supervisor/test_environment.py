from pathlib import Path

import pytest

from portico.supervisor.environment import clean, of_child
from portico.supervisor.options import resolve


def test_only_what_steers_the_server_passes():
    given = {
        "PATH": "/bin",
        "HOME": "/home/ada",
        "LANG": "de_DE.UTF-8",
        "DATABASE_URL": "postgres:///portico",
        "XDG_RUNTIME_DIR": "/run/user/1",
        "UV_INDEX_URL": "https://packages.test/simple",
        "SSL_CERT_FILE": "/etc/ca.pem",
        "https_proxy": "http://proxy.test",
        "NO_PROXY": "localhost",
        "PORTICO_KEPT_RELEASES": "3",
    }
    others = {
        "PORTICO_TOKEN": "secret",
        "PORTICO_SERVER": "http://other.test",
        "PORTICO_SUBORDINATE_IDS": "65536",
        "LD_PRELOAD": "/tmp/x.so",
        "PYTHONPATH": "/tmp",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "PROXY": "x",
    }
    assert clean(given | others) == given


def test_a_path_and_a_language_are_always_there():
    assert clean({}) == {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "LANG": "C.UTF-8",
    }


@pytest.mark.parametrize(("name", "told"), [("web", True), ("agent", False), ("router", False)])
def test_web_alone_gets_the_databases_address(tmp_path: Path, name: str, told: bool):
    options = resolve(tmp_path, "localhost:8000", None, {})
    address = {
        "DATABASE_URL": "postgres://me:x@db",
        "PORTICO_DATABASE_URL": "postgres://me:x@db",
        "PORTICO_ENCRYPTION_KEYS": "key",
    }
    passed = of_child(address, options, Path("/run/portico/x"), name)
    assert (address.keys() <= passed.keys(), address.keys().isdisjoint(passed)) == (told, not told)


def test_a_child_is_told_the_settings_as_the_supervisor_understood_them(tmp_path: Path):
    options = resolve(tmp_path, "localhost:8000", None, {})
    given = {"PATH": "/bin", "LANG": "C", "PORTICO_LISTEN": "0.0.0.0:1", "PORTICO_DATA": "."}
    assert of_child(given, options, Path("/run/portico/x"), "web") == {
        "PATH": "/bin",
        "LANG": "C",
        "PORTICO_DATA": str(tmp_path.resolve()),
        "PORTICO_LISTEN": "127.0.0.1:8000",
        "PORTICO_URL": "http://localhost:8000",
        "PORTICO_RUNTIME": "/run/portico/x",
        "PORTICO_CHILD": "web",
    }
