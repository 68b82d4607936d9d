"""Looks at the operator's settings before a server starts, or restarts, on them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path

from portico.errors import PorticoError
from portico.supervisor.options import Tls, settings_file


def check_certificate(tls: Tls | None) -> None:
    """Raises PorticoError for files that are not a certificate and its key."""
    if tls is None:
        return
    from portico.certificate_files import require_pair

    for file in (tls.certificate, tls.key):
        try:
            file.open("rb").close()
        except OSError as error:
            raise _certificate(f"{file}: {error.strerror}.") from error
    try:
        require_pair(tls.certificate, tls.key)
    except (OSError, ValueError) as error:
        raise _certificate(f"{tls.certificate} with the key {tls.key}: {error}.") from error


def _certificate(found: str) -> PorticoError:
    return PorticoError(
        "The certificate cannot be used.",
        found,
        "Give the certificate with its chain (--tls-cert) and the private key that belongs to "
        "it (--tls-key), both in PEM form, the key without a passphrase.",
    )


def check_names(data: Path, known: Iterable[str]) -> None:
    """Raises PorticoError for a line of the file that nothing would read: a protection that somebody
    believes to be on."""
    path = data / "portico.toml"
    unknown = next((name for name in settings_file(path) if name not in known), None)
    if unknown is None:
        return
    near = difflib.get_close_matches(unknown.lower(), known, 1)
    raise PorticoError(
        f"There is no setting {unknown}.",
        f"{path} has it.",
        f"Write {near[0]}, or remove it." if near else "Correct its name, or remove it.",
    )


def check_settings(data: Path) -> None:
    """Raises PorticoError for the first that cannot be meant."""
    # Not for every command: it takes a while to load what reads settings.
    from pydantic import ValidationError
    from pydantic_settings import SettingsError

    from portico import mirror_check, saml_metadata
    from portico.settings import Settings

    check_names(data, Settings.model_fields)
    try:
        settings = Settings(data=data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise PorticoError(
            f"The setting {'.'.join(str(part) for part in first['loc'])} cannot be used.",
            f"It says {first['input']!r}. {first['msg']}.",
            f"Correct it in {data / 'portico.toml'}, or in the variables of the server.",
        ) from error
    except SettingsError as error:
        raise PorticoError(
            "A variable of the server cannot be understood.",
            f"{str(error).capitalize()}.",
            "In variables, lists and tables are JSON, such as PORTICO_DEPLOY_BRANCHES='[\"main\"]'.",
        ) from error
    mirror_check.check(settings)
    saml_metadata.check(settings)
