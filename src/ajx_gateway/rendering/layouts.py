"""WHICH template lays a report out? The city's own when its folder has one, else the shipped."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

SHIPPED = Path(__file__).with_name("templates")


def find(folder: Path | None, kind: str, territory: str, suffix: str) -> Path:
    """``<folder>/<territory>/<kind>``, ``<folder>/<kind>``, ``<folder>/report``, else the shipped one."""
    places: list[Path] = []
    if folder is not None:
        places = [folder / territory / kind, folder / kind, folder / "report"] if territory else []
        places += [folder / kind, folder / "report"]
    found = (place.with_name(f"{place.name}.{suffix}") for place in places)
    return next((path for path in found if path.is_file()), SHIPPED / f"report.{suffix}")


@contextmanager
def typst_sources(folder: Path | None, kind: str, territory: str) -> Iterator[Path]:
    """A folder with all Typst sources, the operator's over the shipped ones; its ``main.typ`` is the report's."""
    with TemporaryDirectory(prefix="ajx-report-") as name:
        work = Path(name)
        for source in SHIPPED.glob("*.typ"):
            shutil.copyfile(source, work / source.name)
        for source in folder.glob("*.typ") if folder is not None else ():
            shutil.copyfile(source, work / source.name)
        shutil.copyfile(find(folder, kind, territory, "typ"), work / "main.typ")
        yield work
