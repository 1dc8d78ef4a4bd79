"""Files carry the figures, the seal and nothing else: Word from templates, PDF with or without fonts, Excel with charts."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import docx
import pytest
from python_calamine import CalamineWorkbook
from samples import FIGURES, NAMES, SEAL, UNDERWRITING

from ajx_gateway.errors import Unavailable, Unprocessable
from ajx_gateway.rendering import drafting, fonts, layouts, model, pdf, word, workbook
from ajx_gateway.rendering.figures import Figures, Section
from ajx_gateway.rendering.fonts import Faces
from ajx_gateway.rendering.seal import seal_of


def test_without_a_chinese_font_pdf_is_refused_with_the_mend(no_fonts: Path) -> None:
    with pytest.raises(Unavailable, match="AJX_FONTS"):
        fonts.faces(no_fonts, system=False)
    assert fonts.faces_or_none(no_fonts, system=False) is None


def test_a_pdf_is_set_where_a_font_is_and_refused_where_none_is(faces: Faces | None) -> None:
    if faces is None:
        with pytest.raises(Unavailable, match="中文字体"):
            fonts.faces()
        return
    made = pdf.to_pdf(FIGURES, SEAL, faces)
    assert made.startswith(b"%PDF-")
    assert made == pdf.to_pdf(FIGURES, SEAL, faces)
    found = seal_of(made)
    assert (found.report_id, found.digest, found.as_of) == (SEAL.report_id, SEAL.digest, SEAL.as_of)


def test_a_letter_that_no_font_has_is_refused_and_not_drawn_as_a_box(faces: Faces | None) -> None:
    strange = replace(FIGURES, sections=(Section("x", "生僻字", ("\U000f0001",)),))
    with pytest.raises(Unavailable, match="字体"):
        pdf.to_pdf(strange, SEAL, faces or fonts.faces())


def test_an_operators_page_layout_is_used_and_its_fault_is_told(faces: Faces | None, tmp_path: Path) -> None:
    if faces is None:
        with pytest.raises(Unavailable):
            fonts.faces()
        return
    head = '#import "gb9704.typ": *\n#show: official.with(red-head: "佛山市应急管理局文件", number: "〔2024〕1号")\n'
    (tmp_path / "report.typ").write_text(head + "#sections()\n#signature()\n", "utf-8")
    assert pdf.to_pdf(FIGURES, SEAL, faces, templates=tmp_path) != pdf.to_pdf(FIGURES, SEAL, faces)
    (tmp_path / "report.typ").write_text("#nothing-of-the-kind", "utf-8")
    with pytest.raises(Unprocessable, match="排版模板有误"):
        pdf.to_pdf(FIGURES, SEAL, faces, templates=tmp_path)


def test_a_word_file_holds_every_figure_and_the_seal(faces: Faces | None) -> None:
    made = word.to_docx(FIGURES, SEAL, faces)
    assert made == word.to_docx(FIGURES, SEAL, faces)
    assert seal_of(made).digest == SEAL.digest
    told = docx.Document(io.BytesIO(made))
    lines = [[cell.text for cell in row.cells] for row in told.tables[0].rows]
    assert lines[1:] == model.table(UNDERWRITING).lines
    text = "\n".join(paragraph.text for paragraph in told.paragraphs)
    assert "A&B <公司> 的“引号”" in text
    assert "{{" not in text
    assert "{%" not in text
    assert len(told.inline_shapes) == (2 if faces else 0)
    assert ("图从略" in text) == (faces is None)
    assert SEAL.code in "".join(paragraph.text for paragraph in told.sections[0].footer.paragraphs)
    assert told.core_properties.identifier == str(SEAL.report_id)


def test_the_shipped_template_is_what_its_draft_makes() -> None:
    shipped, drafted = (
        {name: parts.read(name) for name in parts.namelist() if name.startswith("word/")}
        for parts in (
            zipfile.ZipFile(layouts.SHIPPED / "report.docx"),
            zipfile.ZipFile(io.BytesIO(drafting.draft())),
        )
    )
    assert shipped == drafted


def template(folder: Path, *lines: str, name: str = "report.docx") -> Path:
    made = docx.Document()
    for line in lines:
        made.add_paragraph(line)
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    made.save(str(path))
    return folder


def test_an_officers_template_is_used_the_citys_before_the_common_one(tmp_path: Path) -> None:
    template(tmp_path, "通用：{{ 标题 }}")
    template(tmp_path, "本市：{{ 标题 }}，{{ 校验码 }}", name="4406/monthly-bulletin.docx")
    ours = docx.Document(io.BytesIO(word.to_docx(FIGURES, SEAL, None, templates=tmp_path)))
    assert ours.paragraphs[0].text == f"本市：{FIGURES.title}，{SEAL.code}"
    theirs = replace(FIGURES, territory="3413")
    other = docx.Document(io.BytesIO(word.to_docx(theirs, SEAL, None, templates=tmp_path)))
    assert other.paragraphs[0].text == f"通用：{FIGURES.title}"


def test_a_template_that_left_the_seal_out_gets_it_in_its_footer(tmp_path: Path) -> None:
    made = word.to_docx(FIGURES, SEAL, None, templates=template(tmp_path, "{{ 标题 }}"))
    footer = docx.Document(io.BytesIO(made)).sections[0].footer
    assert SEAL.footer in [paragraph.text for paragraph in footer.paragraphs]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{{ 标體 }}", "不认识的占位符：标體。可用：标题"),
        ("{% for 节 in 各节 %}{{ 节.标體 }}{% endfor %}", "每一节可用"),
        ("{% for 节 in 各节 %}", "有误"),
        ("{{ 标题.__class__.__mro__ }}", "有误"),
    ],
)
def test_a_faulty_template_is_refused_in_chinese(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(Unprocessable, match=said):
        word.to_docx(FIGURES, SEAL, None, templates=template(tmp_path, line))


def test_a_template_that_is_no_word_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "report.docx").write_bytes(b"not a zip")
    with pytest.raises(Unprocessable, match="不是 Word 文件"):
        word.to_docx(FIGURES, SEAL, None, templates=tmp_path)


def test_a_workbook_holds_figures_as_numbers_and_draws_its_own_charts() -> None:
    made = workbook.to_xlsx(FIGURES, SEAL)
    assert made == workbook.to_xlsx(FIGURES, SEAL)
    assert seal_of(made).report_id == SEAL.report_id
    book = CalamineWorkbook.from_filelike(io.BytesIO(made))
    assert book.sheet_names == ["说明", "1 各承保机构承保情况", "2 逐月保费"]
    rows = book.get_sheet_by_index(1).to_python()
    head = next(number for number, row in enumerate(rows) if row[0] == "承保机构代码")
    assert rows[head + 1][:6] == ["91440600MA00000A1X", NAMES[0], 1234.0, 23456.0, 15871234.5, 0.3884]
    assert rows[head + 3][6] == ""
    assert rows[head + 5][0] == "合计"
    with zipfile.ZipFile(io.BytesIO(made)) as parts:
        charts = [name for name in parts.namelist() if re.fullmatch(r"xl/charts/chart[0-9]+\.xml", name)]
        assert len(charts) == 2
        assert SEAL.code in parts.read("xl/worksheets/sheet2.xml").decode()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04junk", b"%PDF-1.7 nothing", b"x" * 100])
def test_a_file_without_a_seal_is_no_report(content: bytes) -> None:
    with pytest.raises(Unprocessable, match="没有报告编号"):
        seal_of(content)


def test_a_file_with_two_different_seals_is_no_report() -> None:
    other = replace(SEAL, edition=2)
    with pytest.raises(Unprocessable, match="没有报告编号"):
        seal_of(b"%PDF-1.7 " + SEAL.words.encode() + other.words.encode())


def test_a_report_without_figures_is_still_laid_out(faces: Faces | None) -> None:
    bare: Figures = replace(FIGURES, sections=(Section("none", "承保情况", ("本期没有数据。",)),))
    assert seal_of(workbook.to_xlsx(bare, SEAL)).digest == SEAL.digest
    assert seal_of(word.to_docx(bare, SEAL, faces)).digest == SEAL.digest
    if faces is not None:
        assert seal_of(pdf.to_pdf(bare, SEAL, faces)).digest == SEAL.digest
