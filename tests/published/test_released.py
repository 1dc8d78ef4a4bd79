"""A released version of the standard is frozen: its files are those whose digests were committed with it."""

import hashlib
import shutil
from pathlib import Path

import pytest

from ajx_gateway.publishing import catalogue
from ajx_gateway.standard import kinds_at

SCHEMAS = Path(__file__).parents[2] / "schemas"
RELEASED = [edition.version for edition in catalogue.EDITIONS if edition.in_force_on is not None]


def moved(folder: Path) -> list[str]:
    """The files of a released folder that are not, or no longer, those that were released."""
    lines = (folder / "SHA256SUMS").read_text(encoding="ascii").splitlines()
    locked = {name: digest for digest, name in (line.split("  ", 1) for line in lines)}
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.json")}
    return sorted(name for name in locked.keys() | found.keys() if locked.get(name) != found.get(name))


@pytest.mark.parametrize("version", RELEASED)
def test_no_schema_of_a_released_version_has_moved(version: str) -> None:
    assert {path.stem for path in (SCHEMAS / version).glob("*.json")} == set(kinds_at(version))
    assert moved(SCHEMAS / version) == []


def test_a_schema_that_is_changed_added_or_taken_away_is_named(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(SCHEMAS / RELEASED[0], tmp_path / "copy"))
    (folder / "claim.json").write_bytes((folder / "claim.json").read_bytes() + b" ")
    (folder / "another.json").write_bytes(b"{}")
    (folder / "policy.json").unlink()
    assert moved(folder) == ["another.json", "claim.json", "policy.json"]
