"""The supervisor's life with real processes, signals and sockets."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from portico.layout import users
from portico.supervisor import sockets, state
from portico.supervisor.child import Child
from portico.supervisor.identity import identify
from tests.supervisor.harness import PROGRAM, Fake
from tests.waiting import until


def running(pid: int | None) -> bool:
    return pid is not None and identify(pid) is not None


def test_it_starts_all_three_and_says_where_the_server_is(fake: Fake):
    fake.start()
    assert fake.output == f"Portico is ready at http://{fake.listen}\n"
    assert fake.status().all_run
    assert fake.status().url == f"http://{fake.listen}"
    assert fake.ask_web(fake.layout.web_socket).startswith("PORTICO_ROUTER_FD")
    assert fake.ask_web(fake.layout.agent_socket).startswith("PORTICO_AGENT_FD")
    assert (fake.layout.platform_logs / "web.log").read_text() == "web speaks\n"


def test_each_child_leads_a_session_of_its_own_with_a_clean_environment(fake: Fake, monkeypatch):
    monkeypatch.setenv("PORTICO_TOKEN", "secret")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    fake.start()
    for name, pid in fake.pids().items():
        environ = Path(f"/proc/{pid}/environ").read_text().split("\0")
        assert os.getsid(pid) == pid, name
        assert "secret" not in "".join(environ)
        assert "https_proxy=http://127.0.0.1:9" in environ
        assert f"PORTICO_CHILD={name}" in environ


@pytest.mark.root
def test_as_root_web_and_router_run_as_their_own_users_without_capabilities(fake: Fake):
    fake.start()
    pids, wanted = fake.pids(), users()
    for name, uid in (("web", wanted.web), ("router", wanted.router), ("agent", 0)):
        lines = Path(f"/proc/{pids[name]}/status").read_text().splitlines()
        facts = {key: value.split() for key, _, value in (line.partition(":") for line in lines)}
        assert facts["Uid"] == [str(uid)] * 4
        assert name == "agent" or facts["Groups"] == []
        assert name == "agent" or int(facts["CapEff"][0], 16) == 0
        assert name == "agent" or facts["NoNewPrivs"] == ["1"]


@pytest.mark.root
def test_as_root_the_sockets_are_open_to_those_who_need_them_only(fake: Fake):
    fake.start()
    web, agent = fake.layout.web_socket.stat(), fake.layout.agent_socket.stat()
    assert (web.st_uid, web.st_gid) == (users().web, users().router)
    assert stat.S_IMODE(web.st_mode) == 0o660
    assert (agent.st_uid, stat.S_IMODE(agent.st_mode)) == (0, 0o600)


@pytest.mark.parametrize("name", ["web", "agent", "router"])
def test_a_killed_child_is_started_again_and_the_others_are_left_alone(fake: Fake, name: str):
    fake.start()
    before = fake.pids()
    os.kill(before[name], signal.SIGKILL)
    until(lambda: fake.status().all_run and fake.pids()[name] != before[name], "the new process")
    others = set(before) - {name}
    assert {n: fake.pids()[n] for n in others} == {n: before[n] for n in others}
    log = fake.layout.platform_logs / f"{name}.log"
    said = f"{name} ended (signal 9); starting it again at once. Its output: {log}\n"
    until(lambda: said in fake.output, said)


def test_a_request_waits_while_web_is_started_again(fake: Fake):
    fake.start()
    old = fake.pids()["web"]
    os.kill(old, signal.SIGKILL)
    answer = fake.ask_web(fake.layout.web_socket)
    assert answer.startswith("PORTICO_ROUTER_FD")
    assert answer != f"PORTICO_ROUTER_FD {old}"


def test_stopping_ends_apps_router_and_web_and_leaves_no_runtime_folder(fake: Fake):
    fake.start()
    pids = fake.pids()
    assert fake.stop() == 0
    assert not any(running(pid) for pid in pids.values())
    assert (fake.box / "ended").read_text() == "end\n"
    assert not fake.layout.runtime.exists()
    assert fake.output.endswith(
        "Stopping: the apps first, then the router and web.\nPortico has stopped.\n"
    )
    assert fake.status().nothing_runs


def test_when_the_agent_fails_to_end_the_apps_another_one_does(fake: Fake):
    (fake.box / "agent-fails").touch()
    fake.start()
    assert fake.stop() == 0
    assert (fake.box / "ended").read_text() == "end\n--end\n"


def test_a_supervisor_that_was_killed_leaves_all_running_and_a_new_one_takes_over(fake: Fake):
    fake.start()
    before = fake.pids()
    fake.kill()
    assert all(running(pid) for pid in before.values())
    assert fake.status().supervisor is None
    fake.start()
    assert fake.pids() == before
    assert "Took over from before: web, agent, router.\n" in fake.output
    os.kill(before["web"], signal.SIGKILL)
    assert fake.ask_web(fake.layout.agent_socket) != f"PORTICO_AGENT_FD {before['web']}"


def test_requests_wait_also_when_web_ends_after_its_supervisor_was_replaced(fake: Fake):
    fake.start()
    inode = state.load(fake.layout.supervisor_state).sockets[sockets.ROUTER].inode
    fake.kill()
    fake.start()
    assert state.load(fake.layout.supervisor_state).sockets[sockets.ROUTER].inode == inode


def test_what_died_while_no_supervisor_ran_is_started_by_the_next(fake: Fake):
    fake.start()
    before = fake.pids()
    fake.kill()
    os.kill(before["router"], signal.SIGKILL)
    os.kill(before["web"], signal.SIGKILL)
    until(lambda: not running(before["router"]) and not running(before["web"]), "their end")
    # The agent that runs on has written the router's command; a test's stand-in does so once only.
    os.kill(before["agent"], signal.SIGKILL)
    fake.start()
    assert fake.status().all_run
    assert not set(fake.pids().values()) & set(before.values())


def test_a_child_that_no_record_names_is_ended_before_another_is_started(fake: Fake):
    fake.start()
    before = fake.pids()
    fake.kill()
    fake.layout.supervisor_state.unlink()
    fake.start()
    assert not any(running(pid) for pid in before.values())


def test_a_restart_replaces_supervisor_code_web_and_agent_but_neither_apps_nor_router(fake: Fake):
    fake.start()
    before = fake.pids()
    fake.process.send_signal(signal.SIGHUP)
    until(lambda: fake.output.count("Portico is ready at ") == 2, "the restart")
    after = fake.pids()
    assert fake.status().restarts == 1
    assert after["router"] == before["router"]
    assert after["web"] != before["web"]
    assert after["agent"] != before["agent"]
    assert fake.status().supervisor.pid == fake.process.pid
    assert not (fake.box / "ended").exists()


def test_a_restart_replaces_the_router_when_its_files_have_changed(fake: Fake):
    fake.start()
    before = fake.pids()
    (fake.box / "bootstrap").write_text('{"changed": true}')
    fake.process.send_signal(signal.SIGHUP)
    until(lambda: fake.pids()["router"] not in (before["router"], None), "the new router")
    until(lambda: fake.status().all_run, "all three")


def test_no_request_is_lost_while_web_restarts(fake: Fake):
    fake.start()
    answers: list[str] = []
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            answers.append(fake.ask_web(fake.layout.web_socket))

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        until(lambda: answers, "an answer")
        fake.process.send_signal(signal.SIGHUP)
        until(lambda: len(set(answers)) > 1, "an answer of the new web")
    finally:
        stop.set()
        thread.join()
    assert all(answer.startswith("PORTICO_ROUTER_FD ") for answer in answers)
    assert len(set(answers)) == 2


def test_a_new_supervisor_with_another_url_restarts_web_and_agent(fake: Fake):
    fake.start()
    before = fake.pids()
    fake.kill()
    fake.launch("--url", "http://portico.test")
    until(lambda: "Portico is ready at http://portico.test\n" in fake.output, "readiness")
    assert fake.pids()["web"] != before["web"]
    assert fake.pids()["router"] == before["router"]


def test_a_restart_with_a_broken_settings_file_changes_nothing(fake: Fake):
    fake.start()
    before = fake.pids()
    file = fake.layout.data / "portico.toml"
    file.write_text("listen = ")
    fake.process.send_signal(signal.SIGHUP)
    until(lambda: "Not restarted. The settings file cannot be read.\n" in fake.output, "the error")
    assert fake.pids() == before
    assert fake.status().ready


def test_a_second_server_on_the_same_data_folder_is_refused(fake: Fake):
    fake.start()
    done = subprocess.run(
        (sys.executable, "-I", str(PROGRAM), "--data", str(fake.layout.data)),
        capture_output=True,
        text=True,
        check=False,
    )
    data = fake.layout.data
    assert done.returncode == 1
    assert done.stderr == (
        "A server runs on this data folder already.\n"
        f"Process {fake.process.pid} holds {data}/server.lock.\n"
        f"Next: See it with `portico server status --data {data}`, stop it with "
        f"`portico server stop --data {data}`, or start this one with another --data.\n"
    )
    assert fake.status().all_run


def test_a_port_in_use_is_refused_with_the_name_of_who_has_it(fake: Fake):
    with socket.create_server(tuple_of(fake.listen)):
        process = fake.launch()
        assert process.wait(20) == 1
    port = fake.listen.rpartition(":")[2]
    name = Path("/proc/self/comm").read_text().strip()
    assert fake.output == (
        f"Port {port} is in use.\n"
        f"Process {os.getpid()} ({name}) listens on port {port} already.\n"
        "Next: Stop it, or choose another port with --listen HOST:PORT.\n"
    )
    assert not fake.layout.runtime.exists()


def test_a_port_that_is_shared_by_reuse_is_refused_too(fake: Fake):
    with socket.create_server(tuple_of(fake.listen), reuse_port=True):
        assert fake.launch().wait(20) == 1
    assert "is in use." in fake.output


def test_what_a_dead_supervisor_left_can_be_ended(fake: Fake):
    fake.start()
    before = fake.pids()
    fake.kill()
    assert fake.launch("--stop").wait(20) == 0
    assert not any(running(pid) for pid in before.values())
    assert not fake.layout.runtime.exists()


def test_a_stubborn_child_is_killed_when_its_time_is_up(fake: Fake):
    (fake.box / "agent-stubborn").touch()
    fake.start()
    child = Child.adopt(identify(fake.pids()["agent"]))
    assert child.end(signal.SIGTERM, 0.1) is None
    assert not running(child.identity.pid)


def test_a_child_that_keeps_failing_is_tried_again_and_said_to_fail(fake: Fake):
    fake.start()
    os.kill(fake.pids()["agent"], signal.SIGKILL)
    until(lambda: "agent ended (signal 9); starting it again at once." in fake.output, "word")
    until(lambda: fake.status().all_run, "the new agent")
    os.kill(fake.pids()["agent"], signal.SIGKILL)
    until(lambda: "agent ended (signal 9); starting it again in 1 s." in fake.output, "word")
    until(lambda: fake.status().all_run, "another new agent")


def test_its_state_names_the_boot(fake: Fake):
    fake.start()
    found = json.loads(fake.layout.supervisor_state.read_text())
    assert found["boot"] == Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def tuple_of(listen: str) -> tuple[str, int]:
    host, _, port = listen.rpartition(":")
    return host, int(port)
