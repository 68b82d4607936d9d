"""Runs in the app's own Python, as a program of its own: what does this Django project say?

argv: the file to write the answer to, the settings module, the app's name, a random name, and
`collect` or `skip`. One start of Django answers all questions. Old Pythons run it too.
"""

import json
import os
import sys
import traceback

# The last ones are the project's own or say what it asked for.
_FRAMES = 4


def main():  # type: () -> None
    target, settings_module, name, other, collect = sys.argv[1:6]
    sys.argv = ["manage.py"]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", settings_module)
    answer = {"problem": ""}  # type: dict[str, object]
    try:
        import django

        django.setup()
        answer.update(_facts())
        if collect == "collect" and answer["static_root"]:
            answer["problem"] = _collected()
    except BaseException as error:
        answer["setup_problem"] = _last_line(error)
        traceback.print_exc(limit=-_FRAMES)
    else:
        answer["own"], answer["urls_problem"] = _own(name, other)
    with open(target, "w") as file:  # noqa: PTH123 - as old as Django's oldest Python
        json.dump(answer, file)


def _facts():  # type: () -> dict[str, object]
    from django.conf import settings

    database = settings.DATABASES.get("default", {})
    return {
        "debug": bool(settings.DEBUG),
        "allowed_hosts": [str(host) for host in settings.ALLOWED_HOSTS],
        "static_root": str(settings.STATIC_ROOT or ""),
        "static_app": "django.contrib.staticfiles" in settings.INSTALLED_APPS,
        # As it is written: the property would put a prefix before it and remember that.
        "static_url": str(getattr(vars(settings)["_wrapped"], "STATIC_URL", None) or ""),
        "whitenoise_prefix": bool(
            getattr(settings, "WHITENOISE_STATIC_PREFIX", None) or settings.FORCE_SCRIPT_NAME
        ),
        "whitenoise": any("whitenoise" in str(m).lower() for m in settings.MIDDLEWARE),
        "engine": str(database.get("ENGINE", "")),
        "database": os.path.abspath(str(database.get("NAME", ""))),  # noqa: PTH100 - resolves no link
        "settings_file": getattr(sys.modules.get(settings.SETTINGS_MODULE), "__file__", "") or "",
    }


def _collected():  # type: () -> str
    from django.core.management import call_command

    print("Building static files because app files are new", flush=True)
    print("Running collectstatic", flush=True)
    try:
        call_command("collectstatic", interactive=False)
    except BaseException as error:
        traceback.print_exc(limit=-_FRAMES)
        return _last_line(error)
    return ""


def _own(name, other):  # type: (str, str) -> tuple[bool, str]
    """Whether the project routes its own prefix; a route that takes every path says nothing."""
    try:
        from django.urls import get_resolver

        patterns = get_resolver().url_patterns
        if any(str(pattern.pattern).lstrip("^").startswith(name + "/") for pattern in patterns):
            return True, ""
        found = _route(name)
        return found is not None and found != _route(other), ""
    except BaseException as error:
        traceback.print_exc(limit=-_FRAMES)
        return False, _last_line(error)


def _route(name):  # type: (str) -> object
    from django.urls import Resolver404, resolve

    try:
        return resolve("/" + name + "/").route
    except Resolver404:
        return None


def _last_line(error):  # type: (BaseException) -> str
    return traceback.format_exception_only(type(error), error)[-1].strip()


if __name__ == "__main__":
    main()
