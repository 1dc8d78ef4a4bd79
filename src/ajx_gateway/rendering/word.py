"""HOW is a report made in Word? From a template that officers edit; what they may write in it is said when they err."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import docx
from docx.document import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.exceptions import PackageNotFoundError
from docx.shared import Mm, Pt
from docxtpl import DocxTemplate, InlineImage
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from ajx_gateway.errors import Unprocessable
from ajx_gateway.rendering import layouts, model, pdf
from ajx_gateway.rendering.edited import NO_PICTURE
from ajx_gateway.rendering.figures import Figures
from ajx_gateway.rendering.fonts import Faces
from ajx_gateway.rendering.model import Printed, PrintedSection, PrintedTable
from ajx_gateway.rendering.seal import Seal

# Digits are as wide as the columns reckon with on every machine: it is there, or has a stand-in of the same widths. Where
# the Chinese faces of GB/T 9704 are missing, whatever stands in for them may be a third wider.
FIGURES = "Times New Roman"
_TWIPS_PER_MM = 1440 / 25.4
_EPOCH = (1980, 1, 1, 0, 0, 0)


def to_docx(figures: Figures, seal: Seal, faces: Faces | None, *, templates: Path | None = None) -> bytes:
    """The report from its template; without faces the charts are left out. 422 for a faulty template."""
    report = model.printed(figures, seal)
    path = layouts.find(templates, figures.kind, figures.territory, "docx")
    made = _filled(path, report, faces)
    _sealed(made, figures, seal, report)
    target = io.BytesIO()
    made.save(target)
    return _settled(target.getvalue())


def _filled(path: Path, report: Printed, faces: Faces | None) -> Document:
    try:
        template = DocxTemplate(str(path))
        context = {
            **model.as_context(report),
            "各节": [_section(template, each, faces) for each in report.sections],
        }
        words = SandboxedEnvironment(undefined=StrictUndefined, autoescape=True)
        strange = template.get_undeclared_template_variables(words, context)
        if strange:
            raise Unprocessable(
                f"模板 {path.name} 中有不认识的占位符：{'、'.join(sorted(strange))}。可用：{'、'.join(context)}。",
                placeholders=sorted(context),
            )
        template.render(context, words, autoescape=True)
        found: Document = template.docx
        return found
    except TemplateError as fault:
        raise Unprocessable(
            f"模板 {path.name} 有误：{fault}。每一节可用：标题、段落、表格、图；"
            "表格的每一项可用：标题、内容、说明；图的每一项可用：标题、图像。"
        ) from None
    except (PackageNotFoundError, zipfile.BadZipFile, KeyError):
        raise Unprocessable(f"模板 {path.name} 不是 Word 文件（.docx），请重新另存为 docx。") from None


def _section(template: DocxTemplate, section: PrintedSection, faces: Faces | None) -> Mapping[str, Any]:
    return {
        "标题": section.heading,
        "段落": section.paragraphs,
        "表格": [
            {
                "标题": each.caption,
                "内容": _Markup(_table(each)),
                "说明": f"注：{each.note}" if each.note else "",
            }
            for each in section.tables
        ],
        "图": [
            {
                "标题": each.caption,
                "图像": NO_PICTURE
                if faces is None
                else InlineImage(
                    template, io.BytesIO(pdf.to_picture(each, faces)), width=Mm(model.WIDTH_MM - 2)
                ),
            }
            for each in section.charts
        ],
    }


class _Markup:
    """WordprocessingML that stands in the place of a whole paragraph."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __html__(self) -> str:
        return self._text

    def __str__(self) -> str:
        return self._text


_BORDERS = "".join(
    f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="7F7F7F"/>'
    for side in ("top", "left", "bottom", "right", "insideH", "insideV")
)


def _table(of: PrintedTable) -> str:
    grid = "".join(f'<w:gridCol w:w="{_twips(width)}"/>' for width in of.widths_mm)
    head = _row(of, of.heads, "<w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>", head=True)
    last = len(of.lines) - 1
    rows = (
        _row(of, line, "<w:trPr><w:cantSplit/></w:trPr>", bold=of.has_total and number == last)
        for number, line in enumerate(of.lines)
    )
    return (
        f'<w:tbl><w:tblPr><w:tblW w:w="{sum(map(_twips, of.widths_mm))}" w:type="dxa"/><w:jc w:val="center"/>'
        f'<w:tblBorders>{_BORDERS}</w:tblBorders><w:tblLayout w:type="fixed"/><w:tblCellMar>'
        '<w:left w:w="68" w:type="dxa"/><w:right w:w="68" w:type="dxa"/></w:tblCellMar></w:tblPr>'
        f"<w:tblGrid>{grid}</w:tblGrid>{head}{''.join(rows)}</w:tbl>"
    )


def _row(
    of: PrintedTable, line: list[str], properties: str, *, head: bool = False, bold: bool = False
) -> str:
    cells = "".join(
        _cell(text, width, of.points, "center" if head else "left" if left else "right", head, bold)
        for text, width, left in zip(line, of.widths_mm, of.left, strict=True)
    )
    return f"<w:tr>{properties}{cells}</w:tr>"


def _cell(text: str, width: float, points: float, side: str, head: bool, bold: bool) -> str:
    shade = '<w:shd w:val="clear" w:color="auto" w:fill="E8EEF5"/>' if head else ""
    face = ' w:eastAsia="黑体"' if head else ""
    weight = f'<w:rFonts w:ascii="{FIGURES}" w:hAnsi="{FIGURES}"{face}/>' + (
        "<w:b/>" if bold and not head else ""
    )
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{_twips(width)}" w:type="dxa"/>{shade}<w:vAlign w:val="center"/></w:tcPr>'
        '<w:p><w:pPr><w:spacing w:before="40" w:after="40" w:line="240" w:lineRule="auto"/>'
        f'<w:ind w:firstLine="0"/><w:jc w:val="{side}"/></w:pPr><w:r><w:rPr>{weight}<w:sz w:val="{points * 2:.0f}"/>'
        f'<w:szCs w:val="{points * 2:.0f}"/></w:rPr><w:t xml:space="preserve">{escape(text)}</w:t></w:r></w:p></w:tc>'
    )


def _twips(width_mm: float) -> int:
    return round(width_mm * _TWIPS_PER_MM)


def _sealed(made: Document, figures: Figures, seal: Seal, report: Printed) -> None:
    """The seal goes into the properties, and into the footer of a template that has left it out."""
    told = made.core_properties
    told.title, told.author, told.subject = figures.title, figures.issuer, figures.period.name
    told.category, told.keywords, told.identifier = figures.kind_title, seal.words, str(seal.report_id)
    told.comments, told.last_modified_by = seal.footer, figures.issuer
    # The property holds no zone and is read as UTC; never the hour in which the file was asked for.
    told.created = told.modified = seal.made_at.replace(tzinfo=None)
    for part in made.sections:
        footers = [
            part.footer,
            *([part.first_page_footer] if part.different_first_page_header_footer else []),
        ]
        for footer in footers:
            if seal.code not in "".join(paragraph.text for paragraph in footer.paragraphs):
                line = footer.add_paragraph(report.footer)
                line.alignment = WD_ALIGN_PARAGRAPH.CENTER
                line.runs[0].font.size = Pt(7)


def _settled(content: bytes) -> bytes:
    """The same archive without the hour of its making: the same figures give the same bytes."""
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as parts,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as kept,
    ):
        for name in parts.namelist():
            kept.writestr(zipfile.ZipInfo(name, _EPOCH), parts.read(name), zipfile.ZIP_DEFLATED)
    return target.getvalue()


def opened(content: bytes) -> Document:
    """A docx file for reading."""
    return docx.Document(io.BytesIO(content))
