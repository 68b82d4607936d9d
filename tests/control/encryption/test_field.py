"""What lies in the tables."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core.exceptions import FieldError
from django.db import connection

from portico.control.encryption.field import EncryptedField
from portico.control.encryption.rotation import ENCRYPTED, OF_THE_SERVER
from portico.control.encryption.sweeping import TABLES
from portico.control.models import App, ConfigVar, Deploy
from portico.control.models.config import config_of
from portico.errors import PorticoError
from tests.control.reporting import go_live

SECRET = "correct horse battery staple"


def everything() -> str:
    """All that the database holds, as text."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - the database names them
            found += [str(row) for row in cursor.fetchall()]
    return "\n".join(found)


def test_no_table_holds_a_config_var_in_clear(
    app: App, alice: User, upload: Callable[..., Deploy]
) -> None:
    app.set_config({"A": SECRET, "EMPTY": ""}, alice)
    go_live(upload())  # the release and the plan have copies
    assert SECRET not in everything()
    app.refresh_from_db()
    assert app.current is not None
    assert config_of(app) == app.current.config == {"A": SECRET, "EMPTY": ""}


def test_ciphertext_can_be_searched_for_nothing(app: App) -> None:
    with pytest.raises(FieldError):
        ConfigVar.objects.filter(value="x")


def test_a_value_that_somebody_wrote_in_clear_is_an_error(app: App, alice: User) -> None:
    app.set_config({"A": SECRET}, alice)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE control_configvar SET value = 'true'")
    with pytest.raises(PorticoError) as error:
        config_of(app)
    assert error.value.title == "A secret in the database cannot be read."


def test_a_rotation_knows_every_encrypted_field() -> None:
    there = {
        (model, field.name)
        for model in apps.get_app_config("control").get_models()
        for field in model._meta.get_fields()
        if isinstance(field, EncryptedField)
    }
    assert there == {*ENCRYPTED, *OF_THE_SERVER}
    assert {model._meta.db_table for model, _ in there} == set(TABLES.split(", "))
