"""`python -m portico.control serve | migrate | token [--name N] | invite | rotate-key
| inventory | test-mail ADDRESS`, and for upgrades `rehearse | take-back JSON`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys

from portico.errors import PorticoError


def main() -> int:
    arguments = parse(sys.argv[1:])
    try:
        set_up()
        carry_out(arguments)
    except PorticoError as error:
        print(f"{error.title}\n{error.detail}\nNext: {error.hint}", file=sys.stderr)
        return 1
    return 0


def carry_out(arguments: argparse.Namespace) -> None:
    match arguments.command:
        case "serve":
            from portico.control.serve import serve

            serve()
        case "migrate":
            from portico.control.serve import migrate

            migrate()
        case "token":
            from portico.control.first_token import first_token

            print(first_token(arguments.name))
        case "invite":
            from portico.control.accounts.first_admin import invitation

            print(invitation())
        case "rotate-key":
            from portico.control.encryption.rotation import rotate
            from portico.control.serve import migrate

            migrate()
            print(rotate())
        case "test-mail":
            from portico.control.mail import send_test

            send_test(arguments.address, "the operator")
            print(f"The mail server has taken a mail to {arguments.address}.")
        case "rehearse":
            from portico.control.rehearsal import rehearse

            print(json.dumps(rehearse()))
        case "take-back":
            from portico.control.rehearsal import take_back

            take_back(json.loads(arguments.migrations))
        case "inventory":
            from portico.control.inventory import inventory

            print(json.dumps(inventory()))


def parse(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m portico.control")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="serve the two inherited sockets")
    commands.add_parser("migrate", help="bring the database up to date")
    token = commands.add_parser("token", help="print a new token for the first administrator")
    token.add_argument("--name", default="first token", help="what the token is called")
    commands.add_parser("invite", help="print a link that makes the first administrator")
    commands.add_parser("rotate-key", help="encrypt all secrets with a new key")
    test = commands.add_parser("test-mail", help="send a mail, to see whether mail works")
    test.add_argument("address")
    commands.add_parser("rehearse", help="try this version on a copy of the database")
    back = commands.add_parser("take-back", help="undo migrations")
    back.add_argument("migrations", help="the last to keep of each Django app, as rehearse says")
    commands.add_parser("inventory", help="print the apps and the releases that are kept")
    return parser.parse_args(words)


def set_up() -> None:
    """Django's set-up; nothing that needs it can be imported before."""
    os.umask(0o077)
    from portico.control.secret_key import make_secret_key
    from portico.layout import Layout
    from portico.settings import Settings

    make_secret_key(Layout(Settings().data).web)
    os.environ["DJANGO_SETTINGS_MODULE"] = "portico.control.settings"
    import django

    django.setup()


if __name__ == "__main__":
    sys.exit(main())
