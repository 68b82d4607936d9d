"""The calls that are answered beside Django, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

# What any call may answer in place of what was asked for.
REFUSED = {
    "description": "A problem document.",
    "content": {
        "application/problem+json": {"schema": {"$ref": "#/components/schemas/RefusalDocument"}},
    },
}


def _parameter(name: str, where: str, kind: str, description: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": where,
        "required": where == "path",
        "schema": {"type": kind},
        "description": description,
    }


def _operation(
    name: str, summary: str, parameters: list[dict[str, Any]], answers: dict[str, Any]
) -> dict[str, Any]:
    return {
        "operationId": name,
        "summary": summary,
        "parameters": [_parameter("app", "path", "string", "The app's name."), *parameters],
        "responses": {**answers, "default": REFUSED},
        "security": [{"BearerToken": []}],
    }


_NDJSON = {
    "200": {
        "description": "A JSON object per line, or lines of text.",
        "content": {"application/x-ndjson": {}, "text/plain": {}},
    }
}
_DEPLOY = {"application/json": {"schema": {"$ref": "#/components/schemas/DeployDocument"}}}
_FOLLOW = _parameter("follow", "query", "boolean", "Stay until the end; empty lines mean nothing.")
_PLAIN = _parameter("plain", "query", "boolean", "A file of text for people, in place of JSON.")

PATHS: dict[str, dict[str, Any]] = {
    "/apps/{app}/deploys": {
        "post": {
            **_operation(
                "upload_source",
                "Deploy an archive",
                [
                    _parameter("commit", "query", "string", "Shown with the release."),
                    _parameter("no_cache", "query", "boolean", "Build every layer anew."),
                    _parameter("create", "query", "boolean", "Make the app when there is none."),
                ],
                {"202": {"description": "The deploy.", "content": _DEPLOY}},
            ),
            "tags": ["deploys"],
            "requestBody": {
                "required": True,
                "description": "A tar.gz archive of the app's folder.",
                "content": {"application/gzip": {"schema": {"type": "string", "format": "binary"}}},
            },
        }
    },
    "/apps/{app}/deploys/{deploy}/log": {
        "get": {
            **_operation(
                "deploy_log",
                "The log of a deploy: {time, line}, at last {deploy}",
                [_parameter("deploy", "path", "integer", "The deploy's id."), _FOLLOW, _PLAIN],
                _NDJSON,
            ),
            "tags": ["deploys"],
        }
    },
    "/apps/{app}/logs": {
        "get": {
            **_operation(
                "app_log",
                "The log of the app's processes: {time, process, line}",
                [
                    _parameter("process", "query", "string", "A process, or a process type."),
                    _parameter("lines", "query", "integer", "How many of the last lines."),
                    _FOLLOW,
                    _PLAIN,
                ],
                _NDJSON,
            ),
            "tags": ["processes"],
        }
    },
    "/apps/{app}/sessions/{session}": {
        "get": {
            **_operation(
                "join_session",
                "Web socket of a session; frames as in docs/architecture.md",
                [_parameter("session", "path", "string", "The session's id.")],
                {"101": {"description": "Switched to the web socket protocol."}},
            ),
            "tags": ["processes"],
        }
    },
}
