"""Where Debian's packages come from, with and without an operator's repository."""

from __future__ import annotations

from pathlib import Path

from portico.agent.building.operators import Operators, operators
from portico.builder.apt.aptfile import Repository
from portico.builder.apt.sources import DEBIAN, KEYRING, Source, of_debian, of_repository
from portico.builder.order import Debian
from portico.settings import Settings


def nothing(_: Source) -> bool:
    return False


def test_debian_has_updates_and_security_updates():
    sources, missing = of_debian(Debian(DEBIAN, KEYRING), "trixie", nothing)
    assert missing == []
    assert [str(source) for source in sources] == [
        f"deb [signed-by={KEYRING}] http://deb.debian.org/debian trixie main",
        f"deb [signed-by={KEYRING}] http://deb.debian.org/debian trixie-updates main",
        f"deb [signed-by={KEYRING}] http://deb.debian.org/debian-security trixie-security main",
    ]


def test_an_operators_repository_has_what_is_there():
    debian = Debian("http://apt.internal/debian", "/k.asc", replaced=True)
    sources, missing = of_debian(debian, "trixie", lambda source: "security" in source.url)
    assert [source.distribution for source in sources] == ["trixie", "trixie-security"]
    assert missing == []
    sources, missing = of_debian(debian, "trixie", nothing)
    assert [str(source) for source in sources] == [
        "deb [signed-by=/k.asc] http://apt.internal/debian trixie main"
    ]
    assert missing == [
        "The apt repository has no security updates: http://apt.internal/debian-security is not "
        "there."
    ]


def test_a_repository_of_the_aptfile_is_signed_by_its_key_else_by_debian():
    repository = Repository(1, "https://a.example.com", "./", ())
    assert of_repository(repository, "").signed_by == KEYRING
    assert str(of_repository(repository, "/k")) == "deb [signed-by=/k] https://a.example.com ./"


def test_the_settings_say_where_debian_is(tmp_path: Path):
    def asked(**given: str) -> Operators:
        return operators(Settings.model_validate({"data": tmp_path, **given}))

    assert asked() == Operators(Debian(DEBIAN, KEYRING))
    assert asked(apt_repository="http://apt.internal/debian/") == Operators(
        Debian("http://apt.internal/debian", KEYRING, replaced=True)
    )
    assert asked(apt_repository="file:///srv/debian", apt_key="/etc/portico/apt.asc") == Operators(
        Debian(
            "copy:/run/portico/operator/apt", "/run/portico/operator/apt-key.asc", replaced=True
        ),
        (
            ("apt", Path("/srv/debian")),
            ("apt-security", Path("/srv/debian-security")),
            ("apt-key.asc", Path("/etc/portico/apt.asc")),
        ),
    )
