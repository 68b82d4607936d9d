"""The Procfile's grammar, and what its commands say of web servers."""

from __future__ import annotations

import pytest

from portico.errors import PorticoError
from portico.procfile import Server, near_miss, parse, read_server, server_of, worker_mode
from portico.remarks import Remark, Remarked

ALLOWED = "1 to 20 letters, digits, hyphens or underscores."
HINT = "Each line is `type: command`, each type once, such as `web: gunicorn mysite.wsgi`."


def test_reads_types_and_commands():
    procfile = parse("web: gunicorn mysite.wsgi\n\n# jobs\nworker:python work.py\nrelease: ./up\n")
    assert procfile.processes == {"web": "gunicorn mysite.wsgi", "worker": "python work.py"}
    assert procfile.release == "./up"
    assert procfile.lines == {"web": 1, "worker": 4, "release": 5}
    assert procfile.warnings == ()


def test_leaves_the_hash_sign_in_a_command_to_the_shell():
    assert parse("web: echo '#1' # one").processes == {"web": "echo '#1' # one"}


def test_keeps_colons_in_commands():
    assert parse("web: gunicorn app:server").processes == {"web": "gunicorn app:server"}


def test_takes_white_space_around_types_and_windows_line_ends():
    assert parse("  web : run\r\nworker\t:\tgo\r\n").processes == {"web": "run", "worker": "go"}


def test_takes_a_byte_order_mark():
    assert parse("\ufeffweb: run").processes == {"web": "run"}


def test_lowers_types_and_says_so():
    procfile = parse("web: run\nMail_Queue: go")
    assert procfile.processes == {"web": "run", "mail-queue": "go"}
    assert procfile.warnings == (
        Remark("Procfile", 2, "`Mail_Queue` is read as `mail-queue`.", "Write `mail-queue: go`."),
    )
    assert str(procfile.warnings[0]) == ("Procfile, line 2: `Mail_Queue` is read as `mail-queue`.")


def test_warns_when_nothing_gets_requests():
    assert parse("worker: go").warnings == (
        Remark(
            "Procfile",
            None,
            "there is no `web` line, so nothing answers at the app's address.",
            "Add a line such as `web: gunicorn mysite.wsgi`.",
        ),
    )


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("web python app.py", "Line 2: `web python app.py` has no colon."),
        ("clock:", "Line 2: `clock` has no command."),
        (": run", f"Line 2: `` is not a process type: {ALLOWED}"),
        (
            "my app: run",
            f"Line 2: `my app` is not a process type: {ALLOWED}",
        ),
        ("WEB: run", "Line 2: `WEB` is already on line 1."),
        ("<<<<<<< HEAD", "Line 2: `<<<<<<< HEAD` is a merge marker."),
        ("=======", "Line 2: `=======` is a merge marker."),
        (">>>>>>> topic: x", "Line 2: `>>>>>>> topic: x` is a merge marker."),
        ("worker: a\0b", "Line 2: The command of `worker` contains a NUL character."),
    ],
)
def test_names_a_malformed_line_by_its_number(line: str, problem: str):
    with pytest.raises(PorticoError) as caught:
        parse(f"web: run\n{line}\n")
    assert caught.value.as_dict() == {
        "title": "The Procfile cannot be understood.",
        "detail": problem,
        "hint": HINT,
    }


@pytest.mark.parametrize(
    ("line", "fix"),
    [
        ("worker python work.py", "Write `worker: python work.py`."),
        ("gunicorn mysite.wsgi", "Write `web: gunicorn mysite.wsgi`."),
        ("./start.sh", "Write `web: ./start.sh`."),
        ("worker", "Write `worker: COMMAND`."),
        ("clock:", "Write behind the colon what it runs, or remove the line."),
        ("my app: run", "Write a type before the colon, such as `worker: run`."),
        ("WEB: run", "Remove one of the two, or give it another type."),
        ("=======", "Finish the merge, and remove it."),
        ("worker: a\0b", "Save the Procfile with the encoding UTF-8."),
    ],
)
def test_says_what_to_write_instead(line: str, fix: str):
    with pytest.raises(Remarked) as caught:
        parse(f"web: run\n{line}\n")
    assert [(remark.line, remark.fix) for remark in caught.value.remarks] == [(2, fix)]


def test_names_all_malformed_lines_at_once():
    with pytest.raises(PorticoError) as caught:
        parse("web\nweb: run\nclock:\nweb: again\n")
    assert caught.value.detail == (
        "Line 1: `web` has no colon.\n"
        "Line 3: `clock` has no command.\n"
        "Line 4: `web` is already on line 2."
    )


def test_refuses_an_empty_file():
    with pytest.raises(PorticoError) as caught:
        parse("\n# nothing yet\n")
    assert str(caught.value) == (
        "The Procfile is empty.\n"
        "It has no line that names a process.\n"
        "Write lines such as `web: gunicorn mysite.wsgi`, one for each process type."
    )


@pytest.mark.parametrize(
    "name", ["procfile", "PROCFILE", "Procfile.txt", "procfile.yml", "Procfiles"]
)
def test_recognises_near_misses(name: str):
    assert near_miss(["README.md", name]) == name


@pytest.mark.parametrize("name", ["Procfile", "Profile", "myprocfile", "procfiler"])
def test_does_not_take_other_names_for_near_misses(name: str):
    assert near_miss([name]) is None


@pytest.mark.parametrize(
    ("command", "server"),
    [
        ("gunicorn mysite.wsgi", Server("gunicorn", "mount", "mysite.wsgi")),
        ("gunicorn -w 4 mysite.wsgi:application", Server("gunicorn", "mount", "mysite.wsgi")),
        ("python3 -m gunicorn app:server", Server("gunicorn", "mount", "app")),
        ("/py/bin/gunicorn --threads=4 app:app", Server("gunicorn", "mount", "app")),
        ("gunicorn -k gthread app:app", Server("gunicorn", "mount", "app")),
        ("gunicorn --preload --worker-class gevent app:app", Server("gunicorn", "mount", "app")),
        (
            "gunicorn -k uvicorn.workers.UvicornWorker a.asgi:app",
            Server("gunicorn", "strip", "a.asgi"),
        ),
        ("gunicorn -k my.Worker app:app", Server("gunicorn", None, "app")),
        ("gunicorn -c conf.py app:app", Server("gunicorn", "mount", "app", config="conf.py")),
        ("gunicorn --chdir src app:app", Server("gunicorn", "mount", "app", moved=True)),
        ("cd src && exec gunicorn app:app", Server("gunicorn", "mount", "app", moved=True)),
        ("A=1 exec uvicorn main:app --port $PORT", Server("uvicorn", "strip", "main")),
        ("uv run uvicorn --factory main:make", Server("uvicorn", "strip", "main")),
        ("uvicorn --app-dir src main:app", Server("uvicorn", "strip", "main", moved=True)),
        ("hypercorn main:app", Server("hypercorn", "strip", "main")),
        ("daphne -p $PORT mysite.asgi:application", Server("daphne", "strip", "mysite.asgi")),
        ("fastapi run main.py", Server("fastapi", "strip")),
        ("fastapi dev main.py", Server("fastapi", None)),
        ("gunicorn 'app:make()'", Server("gunicorn", "mount", "app")),
        ("streamlit run app.py", Server("streamlit", None)),
        ("python app.py", None),
        ("gunicorn app:app | tee log", None),
        ("python manage.py migrate; gunicorn app:app", Server("gunicorn", "mount", "app")),
        ("echo 'unclosed", None),
        ("", None),
    ],
)
def test_reads_the_server_of_a_command(command: str, server: Server | None):
    assert read_server(command) == server
    assert server_of(command) == (server.name if server else None)


@pytest.mark.parametrize(
    ("worker", "mode"),
    [
        ("sync", "mount"),
        ("eventlet", "mount"),
        ("uvicorn_worker.UvicornWorker", "strip"),
        ("x", None),
    ],
)
def test_knows_gunicorns_workers(worker: str, mode: str | None):
    assert worker_mode(worker) == mode
