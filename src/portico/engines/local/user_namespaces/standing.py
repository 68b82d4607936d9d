"""Where a sandbox lives: in which user namespace, if any, and as which of its users.

On a stack nothing runs as the host's root (see mounts/stacks.py): such a sandbox is made and lived in
by users of a namespace that maps the stack's users to numbers of their own, and the one user of the
app or the build.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from portico.engines.engine import Base
from portico.engines.local.user_namespaces.idmap import Mapping, Span, stack_mapping
from portico.engines.local.user_namespaces.opening import open_namespace
from portico.errors import PorticoError
from portico.layout import STACK_IDS, Users

ROOT = 0


@dataclass(frozen=True)
class Standing:
    """Where a sandbox lives: in which user namespace, if any, and as which of its users."""

    namespace: int | None
    user: int | None


@contextmanager
def standing(
    users: Users, interpreter: tuple[str, ...], base: Base, user: int | None
) -> Iterator[Standing]:
    """For a process of `user`, as the machine numbers it, on `base`."""
    mapping = None if base.is_host else mapping_of(users, user)
    if mapping is None:
        yield Standing(None, user)
        return
    with opened(interpreter, mapping) as namespace:
        yield Standing(namespace, None if user is None else inside(user))


@contextmanager
def packages_standing(users: Users, interpreter: tuple[str, ...]) -> Iterator[Standing]:
    """For the root of stacks and layers."""
    with opened(interpreter, required_mapping(users)) as namespace:
        yield Standing(namespace, ROOT)


@contextmanager
def opened(interpreter: tuple[str, ...], mapping: Mapping) -> Iterator[int]:
    namespace = open_namespace(interpreter, mapping)
    try:
        yield namespace
    finally:
        os.close(namespace)


def inside(user: int) -> int:
    """That user's number among a stack's, which are those below STACK_IDS."""
    return user if user >= STACK_IDS else STACK_IDS + user


def mapping_of(users: Users, user: int | None) -> Mapping | None:
    """The stack's users and that one. Without several ids there are only those of bubblewrap."""
    if user is None or users.stack is None:
        return None
    stack = required_mapping(users)
    added = (Span(inside(user), user, 1),)
    return Mapping((*stack.uids, *added), (*stack.gids, *added))


def required_mapping(users: Users) -> Mapping:
    """The stack's users. Raises PorticoError where there are none.

    In an ordinary user's namespace that user, 0 in there, belongs to it too: a home folder lets
    nobody else pass on the way to the data folder.
    """
    stack = stack_mapping(users)
    if stack is None:
        raise PorticoError(
            "System packages cannot be installed on this server.",
            "An Aptfile needs a range of user ids of its own, and the server, which does not run "
            "as root, has none.",
            "Ask the operator to start the server as root, or to give its user subordinate ids; "
            "`portico server doctor` says how.",
        )
    if users.subordinate is None:
        return stack
    own = (Span(inside(0), 0, 1),)
    return Mapping((*stack.uids, *own), (*stack.gids, *own))
