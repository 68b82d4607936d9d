"""What a process of an app sees, may do, and whose variables go where."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from portico.engines.local import LocalEngine
from portico.engines.local.disk.folders import own_folder
from portico.engines.local.process_table.pids import PROC, descendants
from portico.layout import users
from portico.wire import Slug
from tests.engines.contract import WEB, launch
from tests.engines.local.machines import Server, output_of, run

ROOT_FOLDER = {
    *("app", "bin", "data", "dev", "etc", "lib", "lib32", "lib64", "libx32"),
    *("proc", "py", "run", "sbin", "tmp", "usr", "var"),
}


def test_writes_to_the_app_folder_are_thrown_away() -> None:
    async def test(server: Server, engine: LocalEngine) -> None:
        order = launch("echo more >> hello.txt; touch new; cat hello.txt; ls")
        assert await output_of(server, engine, order) == "hello\nmore\nhello.txt\nnew\n"
        slug = server.layout.slug(7, 1)
        assert (slug / "hello.txt").read_text() == "hello\n"
        assert not (slug / "new").exists()
        assert list(server.layout.app(7).glob("layers/*")) == []

    run(test)


def test_data_is_kept_and_shared_between_processes() -> None:
    async def test(server: Server, engine: LocalEngine) -> None:
        await output_of(server, engine, launch("echo kept > /data/file"))
        order = launch("cat /data/file", process="worker.1")
        assert await output_of(server, engine, order) == "kept\n"

    run(test)


def test_nothing_else_of_the_machine_is_there() -> None:
    async def test(server: Server, engine: LocalEngine) -> None:
        text = await output_of(server, engine, launch("cd /; echo *; ls /home /root /var/log"))
        names = set(text.splitlines()[0].split())
        assert names <= ROOT_FOLDER
        assert text.count("No such file or directory") == 3

    run(test)


def test_the_root_folder_and_the_machines_files_cannot_be_changed() -> None:
    async def test(server: Server, engine: LocalEngine) -> None:
        order = launch("for f in / /usr /etc /py; do touch $f/new && echo made; done; true")
        assert "made" not in await output_of(server, engine, order)

    run(test)


def test_temporary_folders_and_shared_memory_can_be_written() -> None:
    async def test(server: Server, engine: LocalEngine) -> None:
        order = launch("touch /tmp/a /var/tmp/b /dev/shm/c && echo written")
        assert await output_of(server, engine, order) == "written\n"

    run(test)


def test_environments_are_mounted_where_they_were_made() -> None:
    async def test(server: Server, engine: LocalEngine) -> None:
        shared, own = "a" * 32, "b" * 32
        for python, name in ((server.layout.python, shared), (server.layout.app_python(7), own)):
            folder = own_folder(python / "envs" / name, users().app(7))
            (folder / "here").write_text(name)
        order = launch("cd /py/envs/*; cat here; touch new; ls /py/envs")
        for name, is_shared in ((shared, True), (own, False)):
            slug = Slug(build=1, environment=name, shared=is_shared)
            wanted = replace(order, slug=slug, process=f"{name[0]}.1")
            text = await output_of(server, engine, wanted)
            assert text.startswith(name)
            assert "Read-only file system" in text
            assert text.splitlines()[-1] == name

    run(test)


def test_variables_reach_the_command_whatever_they_hold() -> None:
    async def test(server: Server, engine: LocalEngine) -> None:
        value = 'it\'s $HOME `id` \\ \n new line "quoted" ünï'
        order = launch('printf %s "$VALUE"')
        order = replace(order, environment={**order.environment, "VALUE": value})
        assert await output_of(server, engine, order) == value

    run(test)


def test_nothing_is_inherited_from_the_server() -> None:
    async def test(server: Server, engine: LocalEngine) -> None:
        os.environ["PORTICO_TEST_SECRET"] = "inherited"
        try:
            order = launch("env")
            text = await output_of(server, engine, order)
        finally:
            del os.environ["PORTICO_TEST_SECRET"]
        names = {line.partition("=")[0] for line in text.splitlines()}
        assert names - {"_", "SHLVL", "OLDPWD"} == {"PATH", "HOME", "LANG", "PWD"}

    run(test)


def test_no_value_stands_in_a_command_line_or_in_the_launchers_environment() -> None:
    async def test(server: Server, engine: LocalEngine) -> None:
        secret = "s3cr3t-value-of-a-config-var"
        order = replace(WEB, environment={**WEB.environment, "TOKEN": secret})
        instance = await engine.start(order)
        record = server.record(instance.handle)
        assert record.pids is not None
        launcher = record.pids.launcher.pid
        seen = [launcher, *descendants(launcher)]
        assert len(seen) >= 3
        for pid in seen:
            assert secret.encode() not in (PROC / str(pid) / "cmdline").read_bytes()
        for pid in (launcher, record.pids.init.pid):
            assert secret.encode() not in (PROC / str(pid) / "environ").read_bytes()
        assert secret not in record.model_dump_json()
        await engine.stop(instance.handle, 5)

    run(test)


def test_a_preloaded_library_never_reaches_the_launchers() -> None:
    async def test(server: Server, engine: LocalEngine) -> None:
        """The loader says on stderr that it could not preload, once for each program it meets."""
        order = launch("exit 0")
        order = replace(order, environment={"PATH": "/usr/bin:/bin", "LD_PRELOAD": "/app/evil.so"})
        complaints = await output_of(server, engine, order)
        assert "evil.so" in complaints
        assert "bwrap" not in complaints
        assert "setpriv" not in complaints
        # The shell that has read the variables was loaded before it did.
        assert complaints.count("ERROR: ld.so") == 1

    run(test)


def test_a_process_has_no_capabilities_and_cannot_get_privileges() -> None:
    async def test(server: Server, engine: LocalEngine) -> None:
        text = await output_of(server, engine, launch("cat /proc/self/status"))
        status = dict(line.split(":", 1) for line in text.splitlines())
        for kind in ("Inh", "Prm", "Eff", "Amb"):
            assert int(status[f"Cap{kind}"], 16) == 0
        assert status["NoNewPrivs"].strip() == "1"

    run(test)


@pytest.mark.root
def test_each_app_runs_as_a_user_of_its_own() -> None:
    async def test(server: Server, engine: LocalEngine) -> None:
        server.add_slug({}, app_id=8)
        first = await output_of(server, engine, launch("id -u; id -G; grep Bnd /proc/self/status"))
        other = replace(launch("id -u", process="web.2"), app_id=8)
        second = await output_of(server, engine, other)
        mine, groups, bounding = first.splitlines()
        assert int(mine) == users().app(7)
        assert groups == mine
        assert int(bounding.split()[1], 16) == 0
        assert int(second) == users().app(8)

    run(test)


def test_a_process_sees_its_own_processes_alone_and_is_called_app() -> None:
    async def test(server: Server, engine: LocalEngine) -> None:
        text = await output_of(server, engine, launch("id -un; uname -n; echo /proc/[0-9]*"))
        user, host, processes = text.splitlines()
        assert (user, host) == ("app", "my-app")
        assert len(processes.split()) <= 3

    run(test)


def test_a_process_can_open_its_standard_output_by_name() -> None:
    async def test(server: Server, engine: LocalEngine) -> None:
        text = await output_of(server, engine, launch("echo by name > /dev/stdout"))
        assert text == "by name\n"

    run(test)
