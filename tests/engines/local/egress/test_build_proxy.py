"""What a build step reaches, with real servers and tools."""

from __future__ import annotations

import asyncio
import http.server
import json
import os
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import trustme

from portico.engines.engine import BoxUser
from portico.engines.local import LocalEngine
from portico.engines.local.process_table.marks import marked
from portico.engines.local.process_table.pids import descendants
from tests.engines.local.builds.boxed import BOX, boxed, lines_of
from tests.engines.local.machines import Server, until
from tests.wheels import write_wheel

ONLINE = replace(BOX, network=True)
FETCH = """
import urllib.error, urllib.request
def fetch(address):
    try:
        return urllib.request.urlopen(address, timeout=30).read().decode().strip()
    except OSError as error:
        return str(error)
"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing: it would stand among the test's own output."""


@contextmanager
def serving(folder: Path, context: ssl.SSLContext | None = None) -> Iterator[int]:
    """The port of a web server on loopback that shows that folder."""
    handler = partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as made:
        if context is not None:
            made.socket = context.wrap_socket(made.socket, server_side=True)
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        try:
            yield made.server_address[1]
        finally:
            made.shutdown()
            thread.join()


def use_index(engine: LocalEngine, address: str) -> None:
    settings = engine._machine.settings.model_copy(update={"package_index": address})
    engine._machine = replace(engine._machine, settings=settings)


def test_a_step_reaches_a_mirror_through_its_proxy_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "hello").write_text("hello")
    program = f"""{FETCH}
import socket
order = json.load(sys.stdin)
print([name for _, name in socket.if_nameindex()])
for address in order["ask"]:
    print(fetch(address), flush=True)
for port in order["ports"]:
    try:
        socket.create_connection(("127.0.0.1", port))
    except OSError as error:
        print(error.strerror)
try:
    socket.create_connection(("203.0.113.9", 80))
except OSError as error:
    print(error.strerror)
"""

    async def test(_: Server, engine: LocalEngine) -> None:
        with serving(tmp_path) as mirror, serving(tmp_path) as other:
            use_index(engine, f"http://127.0.0.1:{mirror}/simple")
            asked = [f"127.0.0.1:{mirror}", f"127.0.0.1:{other}", "169.254.169.254", "10.0.0.5"]
            order = {"ask": [f"http://{host}/hello" for host in asked], "ports": [mirror, other]}
            lines = await lines_of(engine, replace(ONLINE, order=json.dumps(order)))
            said = [line for line in lines if line.startswith("Warning")]
            assert [line for line in lines if line not in said] == [
                "['lo']",
                "hello",
                *["HTTP Error 421: Misdirected Request"] * 3,
                *["Connection refused"] * 2,
                "Network is unreachable",
            ]
            end = "Builds reach public addresses and the operator's mirrors alone."
            assert said == [
                f"Warning: The build asked for {host}, which is a {kind} address. {end}"
                for host, kind in (
                    (f"127.0.0.1:{other}", "loopback"),
                    ("169.254.169.254:80", "link-local"),
                    ("10.0.0.5:80", "private"),
                )
            ]

    boxed(program, test)


def test_the_proxy_is_another_user_with_nothing_of_the_platform_and_ends_with_its_step() -> None:
    async def test(made: Server, engine: LocalEngine) -> None:
        lines: list[str] = []
        step = asyncio.create_task(engine.box(ONLINE, lines.append))
        await until(lambda: lines == ["up"])
        await until(lambda: len(proxies(made)) == 1)
        (proxy,) = proxies(made)
        assert proxy.stat().st_uid == (engine._machine.users.build or os.getuid())
        places = (proxy / "mountinfo").read_text().split()
        assert {"/app", "/py", "/out", "/data", "/source"}.isdisjoint(places)
        words = (proxy / "environ").read_text().split("\0")
        names = {word.partition("=")[0] for word in words if word}
        assert names - {"SSL_CERT_FILE", "SSL_CERT_DIR"} == {"PATH", "PORTICO_ORDER", "PWD"}
        step.cancel()
        await asyncio.gather(step, return_exceptions=True)
        assert marked(made.layout.runtime.name) == {}
        assert list(made.layout.app(7).glob("layers/*")) == []

    boxed('print("up", flush=True); time.sleep(300)', test)


def proxies(made: Server) -> list[Path]:
    """Their own programs in /proc, without what started them."""
    found = marked(made.layout.runtime.name)
    launchers = [pids[0] for handle, pids in found.items() if handle.endswith("-proxy")]
    below = [Path(f"/proc/{pid}") for launcher in launchers for pid in descendants(launcher)]
    return [path for path in below if (path / "exe").readlink().name.startswith("python")]


AGENT = """
import asyncio, sys
from pathlib import Path
from tests.engines.local.builds.boxed import BOX
from tests.engines.local.machines import Server
from dataclasses import replace
async def main():
    engine = Server(Path(sys.argv[1])).engine()
    host = replace(engine._machine.host, portico=Path(sys.argv[2]))
    engine._machine = replace(engine._machine, host=host)
    await engine.box(replace(BOX, network=True), lambda line: print(line, flush=True))
asyncio.run(main())
"""


def test_a_proxy_ends_with_the_agent_however_that_ends() -> None:
    def test(made: Server, engine: LocalEngine) -> None:
        agent = subprocess.Popen(
            (sys.executable, "-c", AGENT, str(made.layout.data), str(engine._machine.host.portico)),
            stdout=subprocess.PIPE,
            text=True,
        )
        with agent:
            assert agent.stdout is not None
            assert agent.stdout.readline() == "up\n"
            assert len(marked(made.layout.runtime.name)) == 2
            agent.kill()
        asyncio.run(until(lambda: marked(made.layout.runtime.name) == {}))

    async def started(made: Server, engine: LocalEngine) -> None:
        await asyncio.to_thread(test, made, engine)
        await engine.adopt()  # takes away what only a living agent could have

    boxed('print("up", flush=True); time.sleep(300)', started)


def test_uv_installs_from_a_mirror_on_the_servers_loopback(tmp_path: Path) -> None:
    wheel = write_wheel(tmp_path, "hello-portico", "1.0", {"hello_portico.py": ""})
    project = tmp_path / "simple" / "hello-portico"
    project.mkdir(parents=True)
    (project / "index.html").write_text(f'<a href="../../{wheel.name}">{wheel.name}</a>')
    program = """
run = lambda *words: subprocess.run(["uv", "--quiet", *words], check=True)
run("venv", "/tmp/env")
index = json.load(sys.stdin)
run("pip", "install", "--python", "/tmp/env/bin/python", "--index-url", index, "hello-portico")
print(*os.listdir("/tmp/env/lib/python3.11/site-packages"))
"""
    program = program.replace("python3.11", f"python{sys.version_info[0]}.{sys.version_info[1]}")

    async def test(_: Server, engine: LocalEngine) -> None:
        with serving(tmp_path) as port:
            index = f"http://127.0.0.1:{port}/simple"
            use_index(engine, index)
            order = f'"{index}"'
            for user in (BoxUser.APP, BoxUser.BUILD):
                lines = await lines_of(engine, replace(ONLINE, order=order, user=user))
                assert "hello_portico.py" in lines[-1].split(), lines

    boxed(program, test)


@pytest.mark.registry
def test_uv_and_its_tools_reach_the_package_index() -> None:
    program = """
done = subprocess.run(["uv", "tool", "run", "--quiet", "--no-cache", "cowsay", "-t", "hello"])
print(done.returncode)
"""

    async def test(_: Server, engine: LocalEngine) -> None:
        lines = await lines_of(engine, ONLINE)
        assert lines[-1] == "0", lines

    boxed(program, test)


def test_git_clones_over_https_from_a_host_that_the_operator_has_named(tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    git = partial(subprocess.run, check=True, capture_output=True, cwd=tmp_path)
    git(["git", "init", "--quiet", str(repository)])
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    git(["git", "-C", str(repository), *who, "commit", "--allow-empty", "-m", "first"])
    git(["git", "-C", str(repository), "update-server-info"])
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    program = """
open("/tmp/ca", "w").write(os.environ["CA"])
address = json.load(sys.stdin)
clone = ["git", "-c", "http.sslCAInfo=/tmp/ca", "clone", "--quiet", address, "/tmp/clone"]
subprocess.run(clone, check=True)
subprocess.run(["git", "-C", "/tmp/clone", "log", "--format=%s"])
"""

    async def test(_: Server, engine: LocalEngine) -> None:
        with serving(tmp_path, context) as port:
            settings = engine._machine.settings.model_copy(
                update={"build_reaches": (f"localhost:{port}",)}
            )
            engine._machine = replace(engine._machine, settings=settings)
            box = replace(
                ONLINE,
                order=f'"https://localhost:{port}/repository/.git"',
                environment={"CA": authority.cert_pem.bytes().decode()},
            )
            assert await lines_of(engine, box) == ["first"]

    boxed(program, test)
