"""Dataclasses as JSON and back, for what agent and steps tell each other."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")


def encode(value: object) -> str:
    """A dataclass as JSON, always in the same order."""
    return json.dumps(dataclasses.asdict(value), default=str, sort_keys=True)  # type: ignore[call-overload]


def decode(kind: type[T], text: str) -> T:
    """The dataclass that `encode` wrote. For orders, which come from the agent."""
    return typing.cast("T", _value(kind, json.loads(text)))


def _value(kind: Any, raw: Any) -> Any:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if dataclasses.is_dataclass(kind):
        return _dataclass(typing.cast("type[object]", kind), raw)
    if origin in (types.UnionType, typing.Union):
        return None if raw is None else _value(arguments[0], raw)
    if origin is tuple:
        kinds = [arguments[0]] * len(raw) if arguments[-1] is ... else arguments
        return tuple(_value(k, item) for k, item in zip(kinds, raw, strict=True))
    return Path(raw) if kind is Path else raw


def _dataclass(kind: type[object], raw: Mapping[str, Any]) -> object:
    hints = typing.get_type_hints(kind)
    return kind(**{name: _value(hints[name], value) for name, value in raw.items()})
