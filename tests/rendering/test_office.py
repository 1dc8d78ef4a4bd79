"""A report opened in an office: figures stand on one line, words are read whole, charts name what they draw."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from samples import FIGURES, SEAL, UNDERWRITING

from ajx_gateway.rendering import model, word, workbook
from ajx_gateway.rendering.figures import Figures

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
LONG = "甲安财产保险股份有限公司佛山中心支公司（虚构）"


def named(name: str) -> Figures:
    """The report with an insurer of that name."""
    section = FIGURES.sections[0]
    rows = tuple((row[0], name, *row[2:]) for row in UNDERWRITING.rows)
    tables = (replace(UNDERWRITING, rows=rows, definition="口径" * 200), *section.tables[1:])
    paragraphs = (*section.paragraphs, "很长的段落，" * 40)
    return replace(FIGURES, sections=(replace(section, tables=tables, paragraphs=paragraphs),))


def part(content: bytes, name: str) -> ElementTree.Element:
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        return ElementTree.fromstring(parts.read(name))


def test_figures_in_word_are_set_in_a_face_whose_widths_every_machine_has() -> None:
    body = part(word.to_docx(FIGURES, SEAL, None), "word/document.xml")
    runs = [run for cell in body.iter(f"{WORD}tc") for run in cell.iter(f"{WORD}r")]
    assert runs
    for run in runs:
        fonts = run.find(f"{WORD}rPr/{WORD}rFonts")
        assert fonts is not None
        assert {fonts.get(f"{WORD}{script}") for script in ("ascii", "hAnsi")} == {"Times New Roman"}


def test_a_definition_spans_its_table_and_prints_with_it() -> None:
    sheet = part(workbook.to_xlsx(named(LONG), SEAL), "xl/worksheets/sheet2.xml")
    assert "A3:H3" in [each.get("ref") for each in sheet.iter(f"{MAIN}mergeCell")]
    [height] = [float(row.get("ht", "0")) for row in sheet.iter(f"{MAIN}row") if row.get("r") == "3"]
    width = sum(
        float(each.get("width", "0")) * (int(each.get("max", "0")) - int(each.get("min", "0")) + 1)
        for each in sheet.iter(f"{MAIN}col")
    )
    assert height / 15 * width >= 800


def test_a_name_is_read_whole_in_its_column() -> None:
    sheet = part(workbook.to_xlsx(named(LONG), SEAL), "xl/worksheets/sheet2.xml")
    widths = {each.get("min"): float(each.get("width", "0")) for each in sheet.iter(f"{MAIN}col")}
    assert widths["2"] >= model.breadth(LONG)


def test_a_paragraph_is_as_high_as_its_words_need() -> None:
    sheet = part(workbook.to_xlsx(named(LONG), SEAL), "xl/worksheets/sheet1.xml")
    assert max(float(row.get("ht", "0")) for row in sheet.iter(f"{MAIN}row")) >= 6 * 15


@pytest.mark.parametrize(("name", "lies"), [(LONG, "bar"), ("桂城街道", "col")])
def test_bars_with_long_names_lie_so_that_the_names_are_read(name: str, lies: str) -> None:
    drawn = part(workbook.to_xlsx(named(name), SEAL), "xl/charts/chart1.xml")
    [direction] = [each.get("val") for each in drawn.iter(f"{CHART}barDir")]
    assert direction == lies
