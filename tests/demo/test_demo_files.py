"""`ajx demo` writes what is pushed, in the order in which it is pushed."""

import os
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest
from gathered import Portfolio

from ajx_gateway.demo.writing import write


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("演示 数据")
    write(out, names=["suzhou"])
    return out


def _files(portfolio: Portfolio) -> dict[str, list[bytes]]:
    """The bodies that belong into each file."""
    expected: dict[str, list[bytes]] = defaultdict(list)
    for push in (*portfolio.pushes, *portfolio.faulty):
        if push.op == "push":
            expected[f"{push.insurer}/{'faulty-' if push.faulty else ''}{push.collection}.ndjson"].append(
                push.body
            )
    return expected


def test_each_insurers_files_hold_its_pushes_in_order(folder: Path, suzhou: Portfolio) -> None:
    for place, bodies in _files(suzhou).items():
        assert (folder / "suzhou" / place).read_bytes() == b"".join(bodies)


def test_every_file_fits_into_one_request(nanhai: Portfolio) -> None:
    for place, bodies in _files(nanhai).items():
        assert sum(body.count(b"\n") for body in bodies) <= 10_000, place
        assert sum(map(len, bodies)) <= 64 * 1024 * 1024, place


def test_the_script_is_sound_shell_and_names_every_file_and_document(folder: Path) -> None:
    script = folder / "push.sh"
    assert os.access(script, os.X_OK)
    subprocess.run(["sh", "-n", str(script)], check=True)
    text = script.read_text(encoding="utf-8")
    for path in folder.glob("*/*/*.ndjson"):
        if path.name not in {"voids.ndjson", "excuses.ndjson", "decisions.ndjson", "cases.ndjson"}:
            assert f" {path.relative_to(folder).as_posix()}\n" in text
    assert sum(line.startswith("document ") for line in text.splitlines()) == len(list(folder.rglob("*.pdf")))
    assert text.count("$(ajx token ") == 7


def test_the_readme_says_that_everything_is_fictitious(folder: Path) -> None:
    assert "全部虚构" in (folder / "README.md").read_text(encoding="utf-8")
