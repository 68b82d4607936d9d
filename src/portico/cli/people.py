"""`portico people` and `portico groups`: for administrators."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer

from portico.cli.arguments import Json, Yes
from portico.cli.output import note, show, show_json, show_table
from portico.cli.target import connect
from portico.errors import PorticoError

people = typer.Typer(help="List, add and remove people; for administrators.")
groups = typer.Typer(help="List, make and change groups of people; for administrators.")
Name = Annotated[str, typer.Argument(metavar="NAME")]


class Role(StrEnum):
    ADMIN = "admin"
    AUTHOR = "author"
    VIEWER = "viewer"


@people.callback(invoke_without_command=True)
def list_people(context: typer.Context, json: Json = False) -> None:
    """List who has an account on this server, or change that."""
    if context.invoked_subcommand is not None:
        return
    found = connect().people()
    if json:
        show_json([person.as_json() for person in found])
    else:
        rows = [(each.name, each.role, ", ".join(each.groups)) for each in found]
        show_table(("NAME", "ROLE", "GROUPS"), rows)


@people.command()
def add(
    name: Name,
    role: Annotated[Role, typer.Option("--role", help="What they may do here.")] = Role.VIEWER,
    email: Annotated[
        str, typer.Option("--email", help="By which they are known to a provider of sign-on.")
    ] = "",
    json: Json = False,
) -> None:
    """Add a person."""
    client = connect()
    made = client.add_person(name, role.value, email)
    if json:
        show_json(made.as_json())
        return
    show(f"Added {made.name}, as {made.role}.")
    note(f"For them to choose a password: portico people reset-link {made.name}")


@people.command()
def reset_link(name: Name, json: Json = False) -> None:
    """Print a link with which a person chooses a password, once."""
    link = connect().password_link(name)
    if json:
        show_json(link.as_json())
        return
    show(link.url)
    note(f"Good for {link.days} days, until the password is changed. Whoever has it can use it.")


@people.command()
def set_role(name: Name, role: Annotated[Role, typer.Argument(metavar="ROLE")]) -> None:
    """Make a person an admin, an author or a viewer."""
    changed = connect().set_role(name, role.value)
    show(f"{changed.name} is now {changed.role}.")


@people.command()
def remove(name: Name, yes: Yes = False) -> None:
    """Remove a person with all their tokens. Their apps stay, without an owner."""
    client = connect()
    if not yes:
        _ask(name)
    client.remove_person(name)
    show(f"Removed {name}.")


@groups.callback(invoke_without_command=True)
def list_groups(context: typer.Context, json: Json = False) -> None:
    """List groups and who is in them, or change that."""
    if context.invoked_subcommand is not None:
        return
    found = connect().groups()
    if json:
        show_json([group.as_json() for group in found])
    elif found:
        show_table(("NAME", "PEOPLE"), [(each.name, ", ".join(each.people)) for each in found])
    else:
        note("There are no groups yet. `portico groups create NAME` makes one.")


@groups.command()
def create(name: Name) -> None:
    """Make a group; apps are shared with it as group:NAME."""
    show(f"Made the group {connect().create_group(name).name}.")


@groups.command("set")
def set_members(
    name: Name,
    put: Annotated[
        list[str] | None, typer.Option("--add", metavar="PERSON", help="Put somebody in.")
    ] = None,
    out: Annotated[
        list[str] | None, typer.Option("--remove", metavar="PERSON", help="Take somebody out.")
    ] = None,
    json: Json = False,
) -> None:
    """Change who is in a group."""
    changed = connect().change_group(name, add=put or [], remove=out or [])
    if json:
        show_json(changed.as_json())
    else:
        show(f"In {changed.name}: {', '.join(changed.people) or 'nobody'}.")


@groups.command("remove")
def remove_group(name: Name) -> None:
    """Remove a group; its people stay."""
    connect().remove_group(name)
    show(f"Removed the group {name}.")


def _ask(name: str) -> None:
    if not sys.stdin.isatty():
        raise PorticoError(
            f"{name} was not removed.",
            "Their tokens would be gone for good, and there is no terminal to ask on.",
            f"Say it in the command: `portico people remove {name} --yes`.",
        )
    typer.confirm(f"Remove {name} and all their tokens?", abort=True, err=True)
