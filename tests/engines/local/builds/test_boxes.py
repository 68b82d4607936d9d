"""Build steps in their sandboxes."""

from __future__ import annotations

import asyncio
import os
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from portico.engines.engine import BoxEnd, BoxUser
from portico.engines.local import LocalEngine
from portico.engines.local.disk.folders import remove
from portico.engines.local.mounts.host import operator_mounts
from portico.engines.local.process_table.marks import marked
from portico.engines.sandbox import Bind, Directory
from portico.errors import PorticoError
from portico.layout import users
from portico.mirrors import Mirrors
from portico.settings import Settings
from tests.engines.local.builds.boxed import BOX, boxed
from tests.engines.local.machines import Server, until


def test_a_step_gets_its_order_and_gives_its_answer_and_its_lines() -> None:
    program = """
print(sys.argv[1], sys.stdin.read(), flush=True)
print("to stderr", file=sys.stderr)
open("/out/result.json", "w").write("the answer")
"""

    async def test(server: Server, engine: LocalEngine) -> None:
        lines: list[str] = []
        assert await engine.box(BOX, lines.append) == BoxEnd(0, "the answer")
        assert sorted(lines) == ['step {"an": "order"}', "to stderr"]
        assert list(server.layout.app(7).glob("layers/*")) == []

    boxed(program, test)


def test_a_step_that_fails_tells_its_code_and_may_leave_no_answer() -> None:
    async def test(_: Server, engine: LocalEngine) -> None:
        assert await engine.box(BOX, print) == BoxEnd(3, "")

    boxed("sys.exit(3)", test)


def test_the_slug_is_made_and_written_by_the_apps_user_alone() -> None:
    program = """
open("/app/made", "w").close()
open("/out/result.json", "w").write(str(os.getuid()))
"""

    async def test(server: Server, engine: LocalEngine) -> None:
        end = await engine.box(replace(BOX, build=2), print)
        slug = server.layout.slug(7, 2)
        expected = users().app(7) or os.getuid()
        assert end == BoxEnd(0, str(expected))
        assert {path.stat().st_uid for path in (slug, slug / "made")} == {expected}

    boxed(program, test)


def test_the_shared_builder_may_write_packages_but_not_the_slug() -> None:
    program = """
for folder in ("/app", "/py"):
    try:
        open(folder + "/made", "w").close()
        print(folder)
    except OSError as error:
        print(folder, error.strerror)
"""

    async def test(server: Server, engine: LocalEngine) -> None:
        lines: list[str] = []
        await engine.box(replace(BOX, user=BoxUser.BUILD), lines.append)
        assert lines == ["/app Read-only file system", "/py"]
        lines.clear()
        await engine.box(BOX, lines.append)
        assert lines == ["/app", "/py Read-only file system"]
        lines.clear()
        await engine.box(replace(BOX, own_python=True), lines.append)
        assert lines == ["/app", "/py"]
        assert (server.layout.app_python(7) / "made").exists()

    boxed(program, test)


def test_shared_interpreters_are_there_for_an_apps_own_packages() -> None:
    async def test(server: Server, engine: LocalEngine) -> None:
        python = server.layout.python / "pythons" / "3.99"
        python.mkdir(parents=True)
        lines: list[str] = []
        await engine.box(replace(BOX, own_python=True), lines.append)
        assert lines == ["3.99"]

    boxed('print(*os.listdir("/py/pythons"))', test)


def test_the_source_can_be_read_whoever_owns_it() -> None:
    async def test(server: Server, engine: LocalEngine) -> None:
        source = server.layout.data / "source.tar.gz"
        with tarfile.open(source, "w:gz") as archive:
            archive.add(server.layout.slug(7, 1) / "hello.txt", "hello.txt")
        source.chmod(0o600)
        lines: list[str] = []
        await engine.box(replace(BOX, source=source), lines.append)
        assert lines == ["hello.txt"]

    boxed('import tarfile; print(*tarfile.open("/source").getnames())', test)


def test_variables_reach_a_step_and_nothing_of_the_server_does() -> None:
    async def test(_: Server, engine: LocalEngine) -> None:
        lines: list[str] = []
        await engine.box(replace(BOX, environment={"KEY": "it's"}), lines.append)
        expected = {"PATH", "HOME", "LANG", "PYTHONUNBUFFERED", "KEY", "PWD"}
        assert set(lines[0].split()) - {"SHLVL", "_", "OLDPWD", "LC_CTYPE"} == expected
        assert lines[1] == "it's"

    boxed('print(*os.environ); print(os.environ["KEY"])', test)


def test_uv_is_there() -> None:
    async def test(_: Server, engine: LocalEngine) -> None:
        lines: list[str] = []
        await engine.box(BOX, lines.append)
        assert lines[0].startswith("uv ")

    boxed('subprocess.run(["uv", "--version"])', test)


def test_a_step_without_a_network_reaches_nothing() -> None:
    program = """
import socket
print([name for _, name in socket.if_nameindex()])
"""

    async def test(_: Server, engine: LocalEngine) -> None:
        lines: list[str] = []
        await engine.box(BOX, lines.append)
        assert lines == ["['lo']"]

    boxed(program, test)


def test_a_step_that_takes_too_long_is_ended_with_all_its_children() -> None:
    program = """
subprocess.Popen(["sleep", "300"])
print("up", flush=True)
time.sleep(300)
"""

    async def test(server: Server, engine: LocalEngine) -> None:
        lines: list[str] = []
        end = await engine.box(replace(BOX, seconds=1), lines.append)
        assert end == BoxEnd(None, "", timed_out=True)
        assert marked(server.layout.runtime.name) == {}
        assert list(server.layout.app(7).glob("layers/*")) == []

    boxed(program, test)


def test_a_cancelled_step_is_ended_with_all_its_children() -> None:
    program = """
subprocess.Popen(["sleep", "300"])
print("up", flush=True)
time.sleep(300)
"""

    async def test(server: Server, engine: LocalEngine) -> None:
        lines: list[str] = []
        step = asyncio.create_task(engine.box(BOX, lines.append))
        await until(lambda: lines == ["up"])
        step.cancel()
        with pytest.raises(asyncio.CancelledError):
            await step
        assert marked(server.layout.runtime.name) == {}
        assert list(server.layout.app(7).glob("layers/*")) == []

    boxed(program, test)


@pytest.mark.parametrize(
    "program",
    [
        'os.symlink("/etc/passwd", "/out/result.json")',
        'os.mkfifo("/out/result.json")',
        'os.mkdir("/out/result.json")',
        'open("/out/result.json", "w").write("x" * (1 << 20) + "x")',
    ],
)
def test_an_answer_that_is_not_a_small_file_is_none(program: str) -> None:
    async def test(_: Server, engine: LocalEngine) -> None:
        assert await engine.box(BOX, print) == BoxEnd(0, "")

    boxed(program, test)


def test_endless_lines_are_cut_and_bad_text_is_replaced() -> None:
    program = """
sys.stdout.buffer.write(b"x" * 20000 + b"\\n" + b"\\xff\\n" + b"unfinished")
"""

    async def test(_: Server, engine: LocalEngine) -> None:
        lines: list[str] = []
        await engine.box(BOX, lines.append)
        assert lines == ["x" * 16384, "x" * 3616, "\N{REPLACEMENT CHARACTER}", "unfinished"]

    boxed(program, test)


def test_a_certificate_file_that_the_sandbox_lacks_is_shown_to_it(tmp_path: Path) -> None:
    file = tmp_path / "authority.pem"
    file.touch()
    shown = operator_mounts(Mirrors({"SSL_CERT_FILE": str(file)}))
    assert Bind(str(file), str(file)) in shown
    assert operator_mounts(Mirrors({"SSL_CERT_FILE": "/not/there"})) == operator_mounts(Mirrors())


def test_the_folders_above_a_mirror_let_everybody_pass(tmp_path: Path) -> None:
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    *above, bind = operator_mounts(Mirrors(folders=(str(mirror),)))
    assert bind == Bind(str(mirror), str(mirror))
    passed = {str(folder) for folder in mirror.parents} - {"/", "/tmp"}
    assert set(above) == {Directory(folder) for folder in passed}


def test_a_step_with_a_network_reads_the_mirrors_and_trusts_the_operators_certificates() -> None:
    program = """
folder = os.environ["UV_DEFAULT_INDEX"].removeprefix("file://")
print(open(f"{folder}/package.whl").read())
print(open(os.environ["SSL_CERT_FILE"]).read().count("BEGIN CERTIFICATE"))
print(os.environ["UV_DEFAULT_INDEX"], os.access(folder, os.W_OK))
"""

    async def test(server: Server, engine: LocalEngine) -> None:
        folder = server.layout.data.with_name(f"{server.layout.data.name}-mirror")
        folder.mkdir()
        try:
            (folder / "package.whl").write_text("a wheel")
            authority, system = folder / "authority.pem", folder / "system.pem"
            trustme.CA().cert_pem.write_to_path(authority)
            trustme.CA().cert_pem.write_to_path(system)
            index = f"file://{folder}"
            settings = Settings(
                data=server.layout.data, package_index=index, ca_bundle=str(authority)
            )
            engine._machine = replace(engine._machine, settings=settings)
            lines: list[str] = []
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("SSL_CERT_FILE", str(system))
                end = await engine.box(replace(BOX, network=True), lines.append)
            assert (lines, end.code) == (["a wheel", "2", f"{index} False"], 0)
            authority.unlink()
            with pytest.raises(PorticoError, match="ca_bundle names a file that cannot be read"):
                await engine.box(replace(BOX, network=True), lines.append)
        finally:
            remove(folder)

    boxed(program, test)
