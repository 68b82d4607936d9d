"""The shapes that every xDS document is made of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Json = dict[str, Any]

_API = "type.googleapis.com/envoy."


def typed(message: str, **fields: Any) -> Json:
    """A message that carries its type, as in `typed_config`; `message` without the `envoy.`."""
    return {"@type": _API + message, **fields}


def extension(name: str, message: str, **fields: Any) -> Json:
    """A named extension with its configuration."""
    return {"name": name, "typed_config": typed(message, **fields)}


def discovery(resources: Iterable[Json]) -> Json:
    """A file that Envoy watches: what a discovery service would answer."""
    return {"resources": list(resources)}


def watched(path: str) -> Json:
    """A source of configuration: a file that is replaced by renaming."""
    return {"resource_api_version": "V3", "path_config_source": {"path": path}}


def seconds(value: float) -> str:
    """A duration as JSON has it."""
    return f"{value:.9f}".rstrip("0").rstrip(".") + "s"
