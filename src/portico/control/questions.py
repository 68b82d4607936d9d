"""Questions that are put to the database again and again: Django writes their SQL once.

To write it takes ten times as long as the database needs to answer.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

from django.db import connections
from django.db.models import Expression, Field, Model, QuerySet
from django.db.models.query import get_related_populators

M = TypeVar("M", bound=Model)


class Slot(Expression):
    """Stands in a question's filter for what is given each time that it is put."""

    def __init__(self, name: str, field: Field[Any, Any]) -> None:
        super().__init__(output_field=field)
        self.name = name

    def as_sql(self, *_compiler_and_connection: Any) -> Any:
        return "%s", [self]


class Question(Generic[M]):
    """A queryset whose filters have slots."""

    def __init__(self, queryset: Callable[[], QuerySet[M]]) -> None:
        self._queryset = queryset
        self._of_thread = threading.local()  # as connections are

    def first(self, **values: Any) -> M | None:
        """The only one, or any."""
        return next(self.all(**values), None)

    def all(self, **values: Any) -> Iterator[M]:
        """`values`: one for each slot, as filters take them."""
        if not hasattr(self._of_thread, "written"):
            self._of_thread.written = _Written(self._queryset())
        return iter(self._of_thread.written.put(values))


class _Written(Generic[M]):
    """What Django itself does with a queryset, but for the last step once for all times."""

    def __init__(self, queryset: QuerySet[M]) -> None:
        self._database = queryset.db
        self._compiler: Any = queryset.query.get_compiler(using=queryset.db)
        self._sql, self._params = self._compiler.as_sql()
        select, found = self._compiler.select, self._compiler.klass_info
        columns = found["select_fields"]
        self._model, self._columns = found["model"], slice(columns[0], columns[-1] + 1)
        self._names = [column[0].target.attname for column in select[self._columns]]
        self._related = get_related_populators(found, select, queryset.db)  # type: ignore[call-arg]  # of a later Django

    def put(self, values: dict[str, Any]) -> list[M]:
        connection = connections[self._database]
        params = [self._value(param, values, connection) for param in self._params]
        with connection.cursor() as cursor:
            cursor.execute(self._sql, params)
            rows = cursor.fetchall()
        return [self._instance(row) for row in self._compiler.results_iter([rows])]

    def _value(self, param: Any, values: dict[str, Any], connection: Any) -> Any:
        if isinstance(param, Slot):
            return param.output_field.get_db_prep_value(values[param.name], connection)
        return param

    def _instance(self, row: Any) -> M:
        made: M = self._model.from_db(self._database, self._names, row[self._columns])
        for populator in self._related:
            populator.populate(row, made)
        return made
