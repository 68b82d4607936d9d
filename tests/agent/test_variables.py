from portico.agent.variables import build_variables, installer_variables, variables
from portico.wire import PathMode, Slug
from tests.agent.plans import plan, release

ENVIRONMENT = "ab" * 16


def test_a_process_gets_these_variables_and_no_others():
    of = release(
        3, slug=Slug(build=3, environment=ENVIRONMENT), commit="c0ffee", config={"DEBUG": "0"}
    )
    assert variables(plan(), of, "web.1", PathMode.OWN) == {
        "PATH": f"/py/envs/{ENVIRONMENT}/bin:/usr/local/bin:/usr/bin:/bin",
        "HOME": "/app",
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        "WEB_CONCURRENCY": "2",
        "PORTICO_APP_NAME": "polls",
        "PORTICO_HOSTNAME": "portico.test",
        "PORTICO_URL": "http://portico.test:8000/polls/",
        "PORTICO_PATH_PREFIX": "/polls",
        "PORTICO_RELEASE": "v3",
        "PORTICO_PROCESS": "web.1",
        "PORTICO_COMMIT": "c0ffee",
        "PORTICO_DATA_DIR": "/data",
        "DASH_APP_NAME": "polls",
        "DASH_REQUESTS_PATHNAME_PREFIX": "/polls/",
        "DEBUG": "0",
    }


def test_config_vars_have_the_last_word():
    of = release(config={"WEB_CONCURRENCY": "8", "PATH": "/app/bin"})
    got = variables(plan(), of, "web.1", PathMode.OWN)
    assert (got["WEB_CONCURRENCY"], got["PATH"]) == ("8", "/app/bin")


def test_each_path_mode_sets_its_own_variables():
    def added(mode):
        return (
            variables(plan(), release(), "web.1", mode).keys()
            - variables(plan(), release(), "web.1", PathMode.OWN).keys()
        )

    assert added(PathMode.MOUNT) == {"SCRIPT_NAME"}
    assert added(PathMode.STRIP) == {"UVICORN_ROOT_PATH", "DAPHNE_ROOT_PATH", "GRADIO_ROOT_PATH"}


def test_asgi_servers_get_one_worker_since_apps_keep_web_sockets_in_memory():
    of = release(processes={"web": "uvicorn main:app --port $PORT"})
    assert variables(plan(), of, "web.1", PathMode.STRIP)["WEB_CONCURRENCY"] == "1"


def test_a_build_sees_the_app_but_no_port():
    assert build_variables(plan(), {"KEY": "v"}) == {
        "PORTICO_APP_NAME": "polls",
        "PORTICO_HOSTNAME": "portico.test",
        "PORTICO_URL": "http://portico.test:8000/polls/",
        "PORTICO_PATH_PREFIX": "/polls",
        "PORTICO_DATA_DIR": "/data",
        "KEY": "v",
    }


def test_an_index_of_the_authors_goes_before_the_servers():
    def index(**config: str) -> str | None:
        return installer_variables(plan(), config).get("UV_DEFAULT_INDEX")

    assert index(DEBUG="1") is None
    assert index(UV_INDEX_URL="https://old.test") == "https://old.test"
    assert index(UV_INDEX_URL="https://old.test", UV_DEFAULT_INDEX="https://x.test") == (
        "https://x.test"
    )
