from __future__ import annotations

import http.client
import json
import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from portico.router.files import RouterFiles
from portico.router.routes import Backend, RouterConfig
from tests.router.running import (
    EchoServer,
    Router,
    app,
    echo_server,
    eventually,
    own,
    running_router,
)

ONE, TWO = Backend("127.0.0.1", 9001), Backend("127.0.0.1", 9002)


def _config(folder: Path, *, inline: bool = False) -> RouterConfig:
    return RouterConfig(
        host="127.0.0.1",
        port=8000,
        web_socket=Path("/run/web.sock"),
        admin_socket=Path("/run/admin.sock"),
        folder=folder,
        inline_endpoints=inline,
    )


@pytest.fixture
def files(tmp_path: Path) -> RouterFiles:
    files = RouterFiles(_config(tmp_path), None)
    files.write_bootstrap()
    return files


def _state(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(path.relative_to(folder)): (path.stat().st_ino, path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_router_can_start_with_what_bootstrap_writes(tmp_path: Path, files: RouterFiles) -> None:
    assert set(_state(tmp_path)) == {
        *("bootstrap.json", "cds.json", "command.json", "gate.json", "rds.json")
    }
    command = json.loads((tmp_path / "command.json").read_text())
    assert Path(command[0]).is_file()
    assert command[1:] == [
        "--config-path",
        str(tmp_path / "bootstrap.json"),
        "--concurrency",
        "2",
        "--disable-hot-restart",
        "--log-level",
        "warning",
    ]


def test_bootstrap_leaves_the_apps_of_before(tmp_path: Path, files: RouterFiles) -> None:
    files.write_endpoints(own(1), [ONE])
    files.write_clusters([own(1)])
    files.write_routes([app(1)])
    before = _state(tmp_path)
    assert not RouterFiles(_config(tmp_path), None).write_bootstrap()
    assert _state(tmp_path) == before


def test_a_deploy_writes_one_file(tmp_path: Path, files: RouterFiles) -> None:
    for number in (1, 2):
        files.write_endpoints(own(number), [ONE])
    files.write_clusters([own(1), own(2)])
    files.write_routes([app(1), app(2)])
    before = _state(tmp_path)
    assert files.write_endpoints(own(1), [TWO])
    after = _state(tmp_path)
    assert {name for name in after if after[name] != before[name]} == {"eds/app-1-own.json"}


def test_what_did_not_change_is_not_written(tmp_path: Path, files: RouterFiles) -> None:
    files.write_endpoints(own(1), [ONE, TWO])
    files.write_clusters([own(1)])
    files.write_routes([app(1)])
    before = _state(tmp_path)
    assert not files.write_endpoints(own(1), [TWO, ONE])
    assert not files.write_clusters([own(1), own(1)])
    assert not files.write_routes([app(1)])
    assert not files.write_bootstrap()
    assert _state(tmp_path) == before


def test_a_cluster_never_stands_without_its_endpoints_file(
    tmp_path: Path, files: RouterFiles
) -> None:
    files.write_clusters([own(7)])
    (assignment,) = json.loads((tmp_path / "eds/app-7-own.json").read_text())["resources"]
    assert [level["lb_endpoints"] for level in assignment["endpoints"]] == [
        [],
        [{"endpoint": {"address": {"pipe": {"path": "/run/web.sock"}}}}],
    ]


def test_a_new_agent_does_not_empty_the_endpoints_of_before(
    tmp_path: Path, files: RouterFiles
) -> None:
    files.write_endpoints(own(1), [ONE])
    before = (tmp_path / "eds/app-1-own.json").read_bytes()
    RouterFiles(_config(tmp_path), None).write_clusters([own(1)])
    assert (tmp_path / "eds/app-1-own.json").read_bytes() == before


def test_inline_endpoints_stand_in_the_clusters(tmp_path: Path) -> None:
    files = RouterFiles(_config(tmp_path, inline=True), None)
    files.write_bootstrap()
    assert not files.write_endpoints(own(1), [ONE])
    assert files.write_clusters([own(1)])
    assert files.write_endpoints(own(1), [TWO])
    assert _inline(tmp_path) == [[{"address": "127.0.0.1", "port_value": 9002}]]
    assert not (tmp_path / "eds").exists()


def test_a_new_agent_does_not_empty_inline_endpoints(tmp_path: Path) -> None:
    files = RouterFiles(_config(tmp_path, inline=True), None)
    files.write_clusters([own(1), own(2)])
    files.write_endpoints(own(1), [ONE])
    new = RouterFiles(_config(tmp_path, inline=True), None)
    assert not new.write_clusters([own(1), own(2)])
    assert new.write_endpoints(own(2), [TWO])
    assert _inline(tmp_path) == [
        [{"address": "127.0.0.1", "port_value": 9001}],
        [{"address": "127.0.0.1", "port_value": 9002}],
    ]


def _inline(folder: Path) -> list[list[object]]:
    clusters = json.loads((folder / "cds.json").read_text())["resources"]
    processes = (cluster["load_assignment"]["endpoints"][0]["lb_endpoints"] for cluster in clusters)
    return [[each["endpoint"]["address"]["socket_address"] for each in some] for some in processes]


@pytest.mark.root
def test_files_are_readable_by_the_routers_group_alone(tmp_path: Path) -> None:
    files = RouterFiles(_config(tmp_path), 54321)
    files.write_bootstrap()
    files.write_endpoints(own(1), [ONE])
    for path in tmp_path.rglob("*"):
        found = path.stat()
        assert (found.st_uid, found.st_gid) == (os.geteuid(), 54321)
        assert stat.S_IMODE(found.st_mode) == (0o750 if path.is_dir() else 0o640)


@pytest.fixture(params=[False, True], ids=["file per app", "inline"])
def either_router(request: pytest.FixtureRequest) -> Iterator[Router]:
    with running_router(inline_endpoints=request.param) as router:
        yield router


def test_switching_endpoints_under_load_fails_no_request(
    either_router: Router, backend: EchoServer
) -> None:
    router = either_router
    with echo_server("next") as following:
        router.serve(app(1), backend.backend)
        load = [_Load(router) for _ in range(4)]
        for round_ in range(10):
            new = (following, backend)[round_ % 2]
            asked = new.asked
            router.switch(own(1), new.backend)
            eventually(lambda new=new, asked=asked: new.asked > asked + 20, "requests arrive")
        failed = [failure for thread in load for failure in thread.end()]
    assert failed == []
    assert sum(thread.answered for thread in load) > 200


class _Load(threading.Thread):
    """Asks on one connection, again and again."""

    def __init__(self, router: Router) -> None:
        super().__init__()
        self._router = router
        self._ending = threading.Event()
        self.failures: list[object] = []
        self.answered = 0
        self.start()

    def run(self) -> None:
        connection = self._router.connect()
        while not self._ending.is_set():
            try:
                connection.request("GET", "/app-1/")
                response = connection.getresponse()
                response.read()
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(error)
                break
            if response.status != 200:
                self.failures.append(response.status)
            self.answered += 1
        connection.close()

    def end(self) -> list[object]:
        self._ending.set()
        self.join()
        return self.failures


def test_three_hundred_apps_are_one_write_and_all_answer(backend: EchoServer) -> None:
    with running_router(inline_endpoints=True) as router:
        router.routes = [app(number) for number in range(1, 301)]
        for route in router.routes:
            router.files.write_endpoints(route.cluster, [backend.backend])
        router.publish()
        eventually(lambda: router.takes(own(300), backend.backend), "the last app is there")
        paths = [router.ask(f"{route.prefix}/x").path for route in router.routes[::37]]
    assert paths == [f"{route.prefix}/x" for route in router.routes[::37]]


def test_a_file_that_a_crash_of_the_machine_cut_off_is_written_anew(tmp_path: Path) -> None:
    (tmp_path / "cds.json").write_text('{"resour')
    files = RouterFiles(_config(tmp_path), None)
    assert files.write_clusters([own(1)])
    assert len(json.loads((tmp_path / "cds.json").read_text())["resources"]) == 1


def test_an_endpoints_folder_that_an_agent_did_not_open_is_opened(tmp_path: Path) -> None:
    (tmp_path / "eds").mkdir(mode=0o700)
    RouterFiles(_config(tmp_path), None).write_endpoints(own(1), [ONE])
    assert stat.S_IMODE((tmp_path / "eds").stat().st_mode) == 0o750
