import json
from pathlib import Path

from portico.layout import Layout
from portico.supervisor.programs import RouterFiles, as_user


def test_another_user_gets_no_groups_no_capabilities_and_no_way_to_regain_them():
    assert as_user(70001, ("web", "serve")) == (
        "setpriv",
        "--reuid=70001",
        "--regid=70001",
        "--clear-groups",
        "--no-new-privs",
        "--inh-caps=-all",
        "--ambient-caps=-all",
        "--",
        "web",
        "serve",
    )


def test_a_router_on_a_low_port_keeps_the_one_capability_for_that():
    argv = as_user(70002, ("envoy",), low_ports=True)
    assert argv[5:7] == (
        "--inh-caps=-all,+net_bind_service",
        "--ambient-caps=-all,+net_bind_service",
    )


def test_an_ordinary_user_starts_the_command_itself():
    assert as_user(None, ("web",)) == ("web",)


def test_the_router_has_no_command_until_the_agent_has_written_one(tmp_path: Path):
    files = RouterFiles.of(Layout(tmp_path))
    assert files.argv() is None
    files.command.parent.mkdir()
    files.command.write_text("[")
    assert files.argv() is None
    files.command.write_text(json.dumps(["envoy", "-c", "x"]))
    assert files.argv() == ("envoy", "-c", "x")


def test_command_and_bootstrap_both_count_for_the_fingerprint(tmp_path: Path):
    files = RouterFiles.of(Layout(tmp_path))
    files.command.parent.mkdir()
    seen = {files.fingerprint()}
    files.command.write_text("[1]")
    seen.add(files.fingerprint())
    files.bootstrap.write_text("{}")
    seen.add(files.fingerprint())
    assert len(seen) == 3
