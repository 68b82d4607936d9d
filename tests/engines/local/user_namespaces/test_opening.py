"""Namespaces of several ids: made, entered, and gone with the last who uses them."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from portico.engines.local.user_namespaces.idmap import Mapping, Span, stack_mapping
from portico.engines.local.user_namespaces.opening import entry_words, not_made, open_namespace
from portico.errors import PorticoError
from portico.layout import LEAST_IDS, users
from tests.subordinate import ordinary_user

PYTHON = (sys.executable, "-I", "-S")
LOOK = "cat /proc/self/uid_map; id -u; id -G; echo $0; touch f; chown 42:42 f; stat -c %u f; rm f"


def entered(namespace: int, script: str) -> str:
    """What a shell says in there."""
    words = entry_words(namespace, "its-name", "/bin/sh", ["-c", script])
    done = subprocess.run(
        (*PYTHON, *words), pass_fds=[namespace], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return done.stdout


@pytest.mark.root
def test_a_program_is_the_root_of_a_stacks_ids_and_of_nothing_else(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    mapping = stack_mapping(users())
    assert mapping is not None
    namespace = open_namespace(PYTHON, mapping)
    try:
        said = entered(namespace, "id -u; id -G; cat /etc/shadow 2>&1; cat /proc/self/uid_map")
    finally:
        os.close(namespace)
    uid, groups, shadow, *spans = said.splitlines()
    assert (uid, groups) == ("0", "0")
    assert shadow == "cat: /etc/shadow: Permission denied"
    assert [Span(*map(int, span.split())) for span in spans] == list(mapping.uids)


def test_an_ordinary_user_has_its_subordinate_ids_in_there() -> None:
    with ordinary_user() as user:
        done = user.run(
            sys.executable, "-m", "tests.engines.local.user_namespaces.test_opening", str(user.home)
        )
        assert done.stderr == ""
        own, others, uid, _, name, owner = done.stdout.splitlines()
        assert own.split() == ["0", str(user.uid), "1"]
        assert others.split()[0] == "1"
        assert int(others.split()[2]) >= LEAST_IDS
        assert (uid, name, owner) == ("0", "its-name", "42")


def look_around() -> None:
    """As the ordinary user of the test above."""
    from portico.engines.local.user_namespaces.idmap import server_mapping

    mapping = server_mapping()
    assert isinstance(mapping, Mapping)
    os.chdir(sys.argv[1])
    print(entered(open_namespace(PYTHON, mapping), LOOK), end="")


def test_ids_of_others_are_refused_with_the_reason() -> None:
    with ordinary_user() as user:
        program = (
            "import sys; from tests.engines.local.user_namespaces.test_opening import *; "
            "open_namespace(PYTHON, Mapping((Span(0, 12, 5),), (Span(0, 12, 5),)))"
        )
        done = user.run(sys.executable, "-c", program)
        assert done.returncode == 1
        assert (
            "portico.errors.PorticoError: "
            + str(not_made("newuidmap: uid range [0-5) -> [12-17) not allowed"))
            in done.stderr
        )


def test_a_namespace_that_the_kernel_refuses_is_explained() -> None:
    with pytest.raises(PorticoError) as caught:
        open_namespace(("/bin/false",), Mapping((Span(0, 0, 1),), (Span(0, 0, 1),)))
    assert caught.value.as_dict() == {
        "title": "A user namespace with several ids could not be made.",
        "detail": "The one that tried said nothing.",
        "hint": "Run `portico server doctor` on the server; it says what the machine lacks.",
    }


if __name__ == "__main__":
    look_around()
