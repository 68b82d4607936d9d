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


def test_arguments_and_bootstrap_both_count_for_the_fingerprint(tmp_path: Path):
    files = RouterFiles.of(Layout(tmp_path))
    files.command.parent.mkdir()
    seen = {files.fingerprint()}
    files.command.write_text('["envoy"]')
    seen.add(files.fingerprint())
    files.command.write_text('["envoy", "-c"]')
    seen.add(files.fingerprint())
    files.bootstrap.write_text("{}")
    seen.add(files.fingerprint())
    assert len(seen) == 4


def test_the_router_counts_by_what_it_is_and_not_by_where_it_lies(tmp_path: Path):
    files = RouterFiles.of(Layout(tmp_path))
    files.command.parent.mkdir()
    seen = []
    for name, content in (("old", "envoy 1"), ("new", "envoy 1"), ("newer", "envoy 2")):
        (tmp_path / name).write_text(content)
        files.command.write_text(json.dumps([str(tmp_path / name), "-c"]))
        seen.append(files.fingerprint())
    assert seen[0] == seen[1] != seen[2]
