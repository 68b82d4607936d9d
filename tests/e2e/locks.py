"""Projects that need alpha 1.0, locked as poetry and pipenv do."""

from __future__ import annotations

import json
import tomllib

from portico.builder.forms import pipenv, poetry

POETRY = """\
[tool.poetry]
name = "app"
version = "1"
package-mode = false

[tool.poetry.dependencies]
python = ">=3.9"
alpha = "1.0"
"""
POETRY_LOCK = """\
[[package]]
name = "alpha"
version = "1.0"
description = ""
optional = false
python-versions = "*"
groups = ["main"]
files = [
    {{file = "alpha-1.0-py3-none-any.whl", hash = "sha256:{digest}"}},
]

[metadata]
lock-version = "2.1"
python-versions = ">=3.9"
content-hash = "{content}"
"""
PIPFILE = """\
[[source]]
url = "https://pypi.org/simple"
verify_ssl = true
name = "pypi"

[packages]
alpha = "==1.0"
"""


def of_poetry(digest: str) -> dict[str, str]:
    """`digest` is the hash of alpha's wheel."""
    content = poetry.content_hashes(tomllib.loads(POETRY))[0]
    lock = POETRY_LOCK.format(digest=digest, content=content)
    return {"pyproject.toml": POETRY, "poetry.lock": lock}


def of_pipenv(digest: str) -> dict[str, str]:
    document = tomllib.loads(PIPFILE)
    meta = {
        "hash": {"sha256": pipenv.hashes(document)[0]},
        "pipfile-spec": 6,
        "requires": {},
        "sources": document["source"],
    }
    alpha = {"hashes": [f"sha256:{digest}"], "index": "pypi", "version": "==1.0"}
    lock = {"_meta": meta, "default": {"alpha": alpha}, "develop": {}}
    return {"Pipfile": PIPFILE, "Pipfile.lock": json.dumps(lock, indent=4)}
