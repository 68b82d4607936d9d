"""Turns a source into a slug: a few steps, each in a sandbox, each answer checked."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

from portico.agent import slugs
from portico.agent.building import apt_layers, conda, stacks
from portico.agent.building.allowance import allowance
from portico.agent.building.environments import Choice, choose, not_shared, reasons
from portico.agent.building.operators import operators
from portico.agent.building.stack import host_stack
from portico.agent.building.steps import Sandbox
from portico.agent.cleaning.disk import HELD, Held
from portico.agent.slugs import Record
from portico.agent.variables import build_variables, installer_variables
from portico.builder.cache_keys import EnvironmentKey, LayerKey
from portico.builder.conda.channels import without_credentials
from portico.builder.detect import CONDA
from portico.builder.log import NO_CACHE, building, changed, using_cached
from portico.builder.modules import MOST_MODULES
from portico.builder.order import (
    Apt,
    Finished,
    FinishOrder,
    Installed,
    InstallOrder,
    Interpreter,
    InterpreterOrder,
    Manifest,
    PrepareOrder,
    PythonInstalled,
    PythonOrder,
)
from portico.engines.engine import Base, BoxUser, Engine, LineSink
from portico.layout import Layout
from portico.mirrors import index_identity, mirrors
from portico.settings import Settings
from portico.wire import AppPlan, Build, BuildResult, PathMode

T = TypeVar("T")
_PYTHON = re.compile(r"3(\.\d{1,2}(\.\d{1,2})?)?")


async def build(
    engine: Engine,
    layout: Layout,
    app: AppPlan,
    order: Build,
    source: Path,
    settings: Settings,
    log: LineSink,
    held: Held = HELD,
) -> BuildResult:
    """Build that source. Raises PorticoError; then, and when cancelled, nothing of it is left."""
    if done := await asyncio.to_thread(slugs.read_record, layout, app.id, order.id):
        return done.result
    sandbox = Sandbox(engine, app, order.id, allowance(settings), log)
    work = _Work(sandbox, layout, app, order, log, held, settings.conda_channels)
    folder = layout.slug(app.id, order.id).parent
    with held.build(app.id, order.id):
        await asyncio.to_thread(slugs.remove, folder, str(order.id))
        try:
            return await work.carried_out(source, settings)
        except BaseException:
            # Finished even when cancelled once more: a half-made slug must not stay.
            await asyncio.shield(asyncio.to_thread(slugs.remove, folder, str(order.id)))
            raise


@dataclass(frozen=True)
class _Work:
    """One build under way."""

    sandbox: Sandbox
    layout: Layout
    app: AppPlan
    order: Build
    log: LineSink
    held: Held
    channels: Mapping[str, str]
    layer: LayerKey | None = None  # of the app's system packages

    async def carried_out(self, source: Path, settings: Settings) -> BuildResult:
        last = await asyncio.to_thread(
            slugs.last_record, self.layout, self.app.id, before=self.order.id
        )
        debian = stacks.newest(self.layout)
        manifest = await self._prepared(source, settings, last, stacks.python_of(debian))
        if manifest.apt is None:
            return await self.with_packages(manifest, last)
        work = await self._on_a_stack(manifest.key.salt, manifest.apt, settings, last)
        return await work.with_packages(await work.moved(manifest, debian), last)

    async def _on_a_stack(
        self, salt: str, apt: Apt, settings: Settings, last: Record | None
    ) -> _Work:
        """The same on the debian stack, under the app's layer of system packages."""
        place = (self.app.id, salt)
        ground = await apt_layers.ground(
            self.sandbox, self.layout, operators(settings), apt, place, last, self.log
        )
        return dataclasses.replace(self, sandbox=self.sandbox.on(ground.base), layer=ground.key)

    async def moved(self, manifest: Manifest, known: str | None) -> Manifest:
        """The manifest for what this work stands on, which was made for the stack `known`."""
        stack = self.sandbox.base.stack
        key = dataclasses.replace(manifest.key, stack=stack)
        if stack == known:
            return dataclasses.replace(manifest, key=key)
        # Without the layer: a shared environment is made there, with the Python that is there.
        alone = Base(stack)
        chosen = await self.sandbox.step("interpreter", InterpreterOrder(), Interpreter, base=alone)
        if not _PYTHON.fullmatch(chosen.python):
            raise self.sandbox.nonsense("interpreter")
        # Conda's packages bring a Python; theirs stays the one that the author named.
        python = key.python if key.form == CONDA else chosen.python
        key = dataclasses.replace(key, python=python)
        return dataclasses.replace(manifest, key=key, python_missing=chosen.missing)

    async def with_packages(self, manifest: Manifest, last: Record | None) -> BuildResult:
        layer = self.layer.digest() if self.layer else ""
        await self._python(manifest)
        choice = choose(manifest, self.app.id, self.order.config, last, layer)
        without_wheel = last.without_wheel if last and choice.key.owner else ""
        with self.held.environment(choice.key.digest()):
            installed = await self._installed(choice, self._reasons(choice.key, last))
            if not installed.without_wheel:
                return await self._finished(manifest, choice.key, without_wheel)
        self.log(f"The environment becomes this app's own: {installed.without_wheel}")
        own = Choice(dataclasses.replace(choice.key, owner=self.app.id, layer=layer))
        with self.held.environment(own.key.digest()):
            await self._installed(own, (not_shared(own.key.form),))
            return await self._finished(manifest, own.key, choice.key.digest())

    async def _prepared(
        self, source: Path, settings: Settings, last: Record | None, debian_python: str
    ) -> Manifest:
        self.log(building("app files", self._source_reasons(last)))
        salt = last.key.salt if last else ""
        if not self.order.use_cache:
            salt = f"{self.app.id}-{self.order.id}"
        order = PrepareOrder(
            stack=host_stack(),
            uv=version("uv"),
            debian_python=debian_python,
            salt=salt,
            conda_channels=without_credentials(settings.conda_channels),
            most_bytes=settings.max_unpacked_bytes,
            most_files=settings.max_source_files,
        )
        manifest = await self.sandbox.step(
            "prepare", order, Manifest, source=source, libraries=conda.LIBRARIES
        )
        of_conda = conda.identity(manifest.key)
        if not _PYTHON.fullmatch(manifest.key.python) or of_conda is None:
            raise self.sandbox.nonsense("prepare")
        key = dataclasses.replace(
            manifest.key,
            stack=order.stack,
            uv=order.uv,
            salt=salt,
            settings="",
            index=index_identity(mirrors(settings, os.environ).variables),
            owner=None,
            **of_conda,
        )
        return dataclasses.replace(manifest, key=key)

    def _source_reasons(self, last: Record | None) -> tuple[str, ...]:
        if not last or not last.source:
            return ()
        before, now = last.source[:8], self.order.source[:8]
        return (changed("the source", before, now),) if before != now else ()

    async def _python(self, manifest: Manifest) -> None:
        wanted = manifest.key.python
        if manifest.key.form == CONDA:  # its packages bring one
            return
        if not manifest.python_missing:
            self.log(using_cached(f"Python {wanted}"))
            return
        await self.sandbox.step(
            "python", PythonOrder(wanted), PythonInstalled, user=BoxUser.BUILD, network=True
        )

    def _reasons(self, key: EnvironmentKey, last: Record | None) -> tuple[str, ...]:
        if last:
            return reasons(last.key, key) or ("the one of the last build is gone",)
        return () if self.order.use_cache else (NO_CACHE,)

    async def _installed(self, choice: Choice, why: tuple[str, ...]) -> Installed:
        key, name = choice.key, choice.key.digest()
        python = slugs.python_folder(self.layout, key)
        layer = f"environment of {key.form} for Python {key.python}"
        if choice.note:
            self.log(choice.note)
        if await asyncio.to_thread(slugs.is_whole, python, name):
            self.log(using_cached(layer))
            return Installed()
        self.log(building(layer, why))
        if key.form == CONDA:
            await conda.fetch(self.sandbox, key, self.channels, self.order.config)
        own = key.owner is not None
        return await self.sandbox.step(
            "install",
            InstallOrder(key, refresh=not self.order.use_cache),
            Installed,
            **conda.install_box(key),
            environment=installer_variables(self.app, self.order.config) if own else {},
        )

    async def _finished(
        self, manifest: Manifest, key: EnvironmentKey, without_wheel: str
    ) -> BuildResult:
        variables = build_variables(self.app, self.order.config)
        order = FinishOrder(
            app_name=self.app.name,
            host=variables["PORTICO_HOSTNAME"],
            environment=key.digest(),
            form=key.form,
            path_mode=self.order.path_mode.value if self.order.path_mode else None,
            predeploy=manifest.predeploy,
            variables=manifest.variables,
        )
        finished = await self.sandbox.step(
            "finish", order, Finished, own_python=key.owner is not None, environment=variables
        )
        if not await asyncio.to_thread(
            slugs.is_whole, slugs.python_folder(self.layout, key), key.digest()
        ):
            raise self.sandbox.nonsense("finish")
        record = self._record(manifest, key, finished, without_wheel)
        await asyncio.to_thread(slugs.write_record, self.layout, self.app.id, record)
        return record.result

    def _record(
        self, manifest: Manifest, key: EnvironmentKey, finished: Finished, without_wheel: str
    ) -> Record:
        slug = {
            "build": self.order.id,
            "environment": key.digest(),
            "shared": key.owner is None,
            "stack": key.stack,
            "layer": self.layer.digest() if self.layer else None,
            "python": finished.python or key.python,
            "variables": tuple(sorted(finished.variables.items())),
        }
        told: dict[str, Any] = {
            "slug": slug,
            "processes": manifest.processes,
            "release_command": manifest.release_command,
            "path_mode": PathMode(finished.path_mode) if finished.path_mode else None,
            "health_path": manifest.health_path,
            "liveness": dataclasses.asdict(manifest.liveness) if manifest.liveness else None,
            "formation": manifest.formation,
            "generated": manifest.generated,
            "defaults": manifest.defaults,
            "required": manifest.required,
            "postdeploy": manifest.postdeploy,
            "warnings": (*manifest.warnings, *finished.warnings),
        }
        try:
            result = BuildResult(**told)
        except ValueError:
            raise self.sandbox.nonsense("prepare") from None
        return Record(
            result=result,
            key=key,
            without_wheel=without_wheel,
            source=self.order.source,
            modules=manifest.modules[:MOST_MODULES],
            layer=self.layer,
        )
