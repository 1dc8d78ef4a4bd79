"""What was changed in a Word file is found paragraph by paragraph and row by row, and which numbers it concerns."""

from __future__ import annotations

import io

import docx
import pytest
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from samples import FIGURES, SEAL

from ajx_gateway.errors import Unprocessable
from ajx_gateway.rendering import word
from ajx_gateway.rendering.edited import Block, blocks, edits, is_word
from ajx_gateway.rendering.fonts import Faces

ISSUED = [
    Block("正文第1段", "承保1,234份"),
    Block("第1张表第1行", "甲 | 12.50%"),
    Block("正文第2段", "特此通报"),
]


def saved(document: docx.document.Document) -> bytes:
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def test_an_untouched_file_and_one_that_word_only_saved_again_are_the_same() -> None:
    made = word.to_docx(FIGURES, SEAL, None)
    again = docx.Document(io.BytesIO(made))
    again.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.LEFT
    again.add_paragraph("  ")
    assert edits(blocks(made), blocks(saved(again))) == []


def test_pictures_do_not_count(faces: Faces | None) -> None:
    assert edits(blocks(word.to_docx(FIGURES, SEAL, None)), blocks(word.to_docx(FIGURES, SEAL, faces))) == []


def test_a_cell_of_a_table_that_was_changed_is_named_with_both_figures() -> None:
    made = word.to_docx(FIGURES, SEAL, None)
    forged = docx.Document(io.BytesIO(made))
    cell = forged.tables[0].rows[1].cells[2]
    then = cell.text
    cell.paragraphs[0].runs[0].text = "9,999"
    [found] = edits(blocks(made), blocks(saved(forged)))
    assert (found.place, found.figures) == ("第1张表第2行", f"{then}、9,999")


def test_what_word_tracks_as_inserted_counts_and_as_deleted_does_not() -> None:
    made = docx.Document()
    made.add_paragraph("共").add_run("三项")
    before = saved(made)
    paragraph = made.paragraphs[0]._p
    for tag, of, text in (("w:ins", "w:t", "（已核）"), ("w:del", "w:delText", "删去")):
        change, run, words = OxmlElement(tag), OxmlElement("w:r"), OxmlElement(of)
        words.text = text
        change.set(qn("w:id"), "1")
        run.append(words)
        change.append(run)
        paragraph.append(change)
    [found] = edits(blocks(before), blocks(saved(made)))
    assert (found.then, found.now, found.figures) == ("共三项", "共三项（已核）", "")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (ISSUED, []),
        ([ISSUED[0], ISSUED[2]], [("第1张表第1行", "甲 | 12.50%", "", "12.50%")]),
        ([*ISSUED, Block("正文第3段", "请照办")], [("正文第3段", "", "请照办", "")]),
        (
            [Block("正文第1段", "承保1,243份"), *ISSUED[1:]],
            [("正文第1段", "承保1,234份", "承保1,243份", "1,234、1,243")],
        ),
        (
            [*ISSUED[:2], Block("正文第2段", "予以通报")],
            [("正文第2段", "特此通报", "予以通报", "")],
        ),
    ],
)
def test_each_change_says_where_what_and_which_numbers(
    given: list[Block], told: list[tuple[str, str, str, str]]
) -> None:
    found = [(each.place, each.then, each.now, each.figures) for each in edits(ISSUED, given)]
    assert found == told


def test_what_is_no_word_file_is_not_taken_for_one() -> None:
    assert not is_word(b"%PDF-1.7")
    assert not is_word(b"PK\x03\x04 nothing")
    with pytest.raises(Unprocessable):
        blocks(b"PK\x03\x04 nothing")
