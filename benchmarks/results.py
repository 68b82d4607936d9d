"""Figures, their budgets, and the table and file they end in."""

from __future__ import annotations

import json
import os
import platform
import statistics
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.server import ROOT


@dataclass(frozen=True)
class Figure:
    """One line of the table. `budget` None: shown for comparison only."""

    what: str
    value: float
    unit: str
    budget: float | None = None
    at_least: bool = False  # the budget is a floor, not a ceiling
    beside: str = ""

    @property
    def met(self) -> bool | None:
        if self.budget is None:
            return None
        return self.value >= self.budget if self.at_least else self.value <= self.budget


def median(values: list[float]) -> float:
    return statistics.median(values)


def spread(values: list[float]) -> str:
    """The least and the most beside a median."""
    return f"{min(values):.3g}-{max(values):.3g} in {len(values)} runs"


def write(figures: list[Figure]) -> Path:
    folder = ROOT / "benchmarks" / "results"
    folder.mkdir(exist_ok=True)
    path = folder / "latest.json"
    machine = {
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "python": platform.python_version(),
    }
    path.write_text(
        json.dumps(
            {"machine": machine, "figures": [{**asdict(f), "met": f.met} for f in figures]},
            indent=1,
        )
    )
    return path


def show(figures: list[Figure]) -> None:
    table = Table("What", "Measured", "Budget", "", "Beside it")
    for figure in figures:
        mark = {True: "[green]met[/]", False: "[red]missed[/]", None: ""}[figure.met]
        sign = (
            ""
            if figure.budget is None
            else f"{'>=' if figure.at_least else '<='} {figure.budget:g} {figure.unit}"
        )
        table.add_row(figure.what, f"{figure.value:.3g} {figure.unit}", sign, mark, figure.beside)
    Console().print(table)
