"""The operators' page and the settings say the same."""

from __future__ import annotations

import re
from pathlib import Path

from portico.settings import Settings

PAGE = Path(__file__).resolve().parents[1] / "docs" / "operators" / "settings.md"
ROW = re.compile(r"^\| `(\w+)` \| (.+?) \| (.+?) \|$")
# Their defaults are said in words.
IN_WORDS = {
    *("data", "url", "apps_host", "database_url", "encryption_keys"),
    *("tls_cert", "tls_key", "redirect_from"),
    *("package_index", "conda_channels", "apt_repository", "apt_key", "python_mirror", "ca_bundle"),
    *("oidc", "saml", "mail_url", "mail_from"),
    *("build_reaches", "webhook_reaches", "apps_reach_private", "drains_reach"),
    *("process_cpus", "max_process_cpus", "max_process_memory_bytes"),
}


def rows() -> dict[str, tuple[str, str]]:
    table = PAGE.read_text().partition("## Variables")[0]
    matches = (ROW.match(line) for line in table.splitlines())
    return {found[1]: (found[2], found[3]) for found in matches if found}


def test_every_setting_is_documented_and_nothing_else():
    assert list(rows()) == list(Settings.model_fields)


def test_the_page_describes_them_as_the_code_does():
    described = {name: field.description for name, field in Settings.model_fields.items()}
    assert {name: text for name, (_, text) in rows().items()} == described


def test_the_defaults_are_those_of_the_code():
    for name, field in Settings.model_fields.items():
        if name not in IN_WORDS:
            default = field.default
            values = default if isinstance(default, tuple) else (default,)
            assert rows()[name][0] == ", ".join(f"`{value}`" for value in values), name
