"""`ajx report`: made over HTTP, checked from the file alone; exit codes say what a check found."""

from __future__ import annotations

import asyncio
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from commands import ajx

from ajx_gateway.cli import installation
from ajx_gateway.cli.checkup import Level, examine
from ajx_gateway.identity import Caller, SigningKey, system_scope
from ajx_gateway.rendering.fonts import faces_or_none
from ajx_gateway.rendering.seal import seal_of
from ajx_gateway.settings import Settings
from ajx_gateway.store import clients
from ajx_gateway.store.database import Store

REGULATOR = Caller("foshan-city", "regulator", "佛山市应急管理局（虚构）", territory="4406")


@pytest.fixture(scope="module")
def office(served: Path, database_url: str) -> Path:
    """The data folder, with a regulator's key in it."""
    key = SigningKey.generate()
    key.save(installation.key_path(served, REGULATOR.name))

    async def register() -> None:
        store = Store(database_url, data_key=bytes(32), pool_size=1)
        async with store.writing(system_scope("register the test's regulator")) as tx:
            await clients.register(tx, REGULATOR, key.public_jwk(), now=datetime.now(UTC))
        await store.close()

    asyncio.run(register())
    return served


@pytest.fixture(scope="module")
def files(office: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reports")
    said = ajx(
        "report", "make", "monthly-bulletin", "2023-12", "--as", "foshan-city", "--format", "docx,xlsx",
        "--out", folder, "--data", office,
    )  # fmt: skip
    assert said.exit_code == 0, said.stderr
    assert "月度通报（2023年12月），第1版" in said.stdout
    return folder


def test_the_files_that_were_made_carry_their_seal(files: Path) -> None:
    seals = {seal_of(path.read_bytes()).digest for path in files.iterdir()}
    assert sorted(path.name for path in files.iterdir()) == [
        "monthly-bulletin-4406-2023-12-1.docx",
        "monthly-bulletin-4406-2023-12-1.xlsx",
    ]
    assert len(seals) == 1


def test_a_sound_file_is_0_and_says_so(files: Path, office: Path) -> None:
    for path in files.iterdir():
        said = ajx("report", "check", path, "--as", "foshan-city", "--data", office)
        assert said.exit_code == 0, said.stderr
        assert "逐字节一致" in said.stdout
        assert "此后没有数字变化" in said.stdout


def test_a_file_whose_digest_was_changed_is_1(files: Path, office: Path, tmp_path: Path) -> None:
    sound = (files / "monthly-bulletin-4406-2023-12-1.docx").read_bytes()
    seal = seal_of(sound)
    forged = tmp_path / "forged.pdf"
    other = "f" * 64
    forged.write_bytes(
        b"%%PDF-1.7 ajx-report id=%b sha256=%b kind=monthly-bulletin period=2023-12 edition=1 as-of=%b"
        % (str(seal.report_id).encode(), other.encode(), seal.as_of.encode())
    )
    said = ajx("report", "check", forged, "--as", "foshan-city", "--data", office)
    assert said.exit_code == 1
    assert "校验码与网关留存的报告不符" in said.stdout
    told = ajx("report", "check", forged, "--as", "foshan-city", "--data", office, "--json")
    assert json.loads(told.stdout)["file_matches"] is False


def edited(source: Path, target: Path, then: str, now: str) -> Path:
    """The Word file as an officer who replaces some words leaves it: properties and seal untouched."""
    with zipfile.ZipFile(source) as parts, zipfile.ZipFile(target, "w") as kept:
        for name in parts.namelist():
            content = parts.read(name)
            if name == "word/document.xml":
                assert then.encode() in content
                content = content.replace(then.encode(), now.encode(), 1)
            kept.writestr(name, content)
    return target


def test_words_that_an_officer_edited_are_listed_as_the_officers_own(
    files: Path, office: Path, tmp_path: Path
) -> None:
    sound = files / "monthly-bulletin-4406-2023-12-1.docx"
    said = ajx("report", "check", sound, "--as", "foshan-city", "--data", office)
    assert "正文与按留存数字排出的原文逐段一致" in said.stdout
    worded = edited(
        sound, tmp_path / "worded.docx", "佛山市应急管理局（虚构）", "佛山市安全生产委员会（虚构）"
    )
    said = ajx("report", "check", worded, "--as", "foshan-city", "--data", office)
    assert said.exit_code == 0, said.stdout
    assert "正文有1处与按留存数字排出的原文不同，其中0处涉及数字" in said.stdout
    assert "由改动者负责" in said.stdout
    assert "佛山市安全生产委员会" in said.stdout


def test_a_figure_that_an_officer_edited_is_1_and_is_named(files: Path, office: Path, tmp_path: Path) -> None:
    sound = files / "monthly-bulletin-4406-2023-12-1.docx"
    forged = edited(sound, tmp_path / "forged.docx", "2023年12月", "2023年11月")
    said = ajx("report", "check", forged, "--as", "foshan-city", "--data", office, "--json")
    found = json.loads(said.stdout)
    assert said.exit_code == 1
    assert (found["file_matches"], found["equal"], found["sound"]) == (True, True, False)
    [edit] = found["edits"]
    assert edit["place"] == "正文第1段"
    assert ("2023年12月" in edit["then"], "2023年11月" in edit["now"]) == (True, True)
    assert edit["figures"] == "12、11"


def test_a_file_that_is_no_report_is_refused(office: Path, tmp_path: Path) -> None:
    (tmp_path / "x.pdf").write_bytes(b"%PDF-1.7")
    said = ajx("report", "check", tmp_path / "x.pdf", "--as", "foshan-city", "--data", office)
    assert said.exit_code == 1
    assert "没有报告编号" in said.stderr


def test_a_refusal_of_the_gateway_is_said(office: Path, tmp_path: Path) -> None:
    for words, said in ((("yearbook", "2023"), "没有这种报告"), (("monthly-bulletin", "2023"), "期间应如")):
        made = ajx("report", "make", *words, "--as", "foshan-city", "--data", office, "--out", tmp_path)
        assert made.exit_code == 1
        assert said in made.stderr
    made = ajx("report", "make", "monthly-bulletin", "2023-12", "--as", "foshan-city", "--format", "odt")
    assert made.exit_code == 1
    assert "--format" in made.stderr


def test_templates_are_written_out_and_never_over_ones_own(tmp_path: Path) -> None:
    (tmp_path / "report.docx").write_bytes(b"mine")
    said = ajx("report", "templates", "--out", tmp_path)
    assert said.exit_code == 0
    assert (tmp_path / "report.docx").read_bytes() == b"mine"
    assert {path.name for path in tmp_path.iterdir()} >= {
        "report.docx",
        "report.typ",
        "gb9704.typ",
        "chart.typ",
    }


def test_the_doctor_says_whether_reports_can_be_set_here(tmp_path: Path) -> None:
    absent = tmp_path / "absent"
    found = [
        f for f in examine(Settings(data_dir=tmp_path, templates=absent)) if f.subject.startswith("报告")
    ]
    assert found[0].level is Level.FAULT
    assert "AJX_TEMPLATES" in found[0].found
    expected = Level.WARNING if faces_or_none() is None else Level.GOOD
    assert found[1].level is expected
