"""HOW was the shipped Word template made? By this draft; officers change it in Word, not here.

``python -m ajx_gateway.rendering.drafting`` writes it again. Everything in {{ }} and {% %} is filled in by ``word``.
"""

from __future__ import annotations

import io
from typing import Any

import docx
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from ajx_gateway.rendering.layouts import SHIPPED
from ajx_gateway.rendering.word import FIGURES

_BODY, _BLACK, _TITLE = "仿宋_GB2312", "黑体", "方正小标宋简体"
_LINE = 28.95  # 22 lines on a page of GB/T 9704
_LINES = (
    ("标题页", "{{ 标题 }}"),
    (None, "{%p for 节 in 各节 %}"),
    ("节标题", "{{ 节.标题 }}"),
    (None, "{%p for 段 in 节.段落 %}"),
    ("正文段", "{{ 段 }}"),
    (None, "{%p endfor %}"),
    (None, "{%p for 表 in 节.表格 %}"),
    ("表题", "{{ 表.标题 }}"),
    (None, "{{p 表.内容 }}"),
    ("表注", "{{ 表.说明 }}"),
    (None, "{%p endfor %}"),
    (None, "{%p for 图 in 节.图 %}"),
    ("图", "{{ 图.图像 }}"),
    (None, "{%p endfor %}"),
    (None, "{%p endfor %}"),
    ("落款", "{{ 发文单位 }}"),
    ("落款", "{{ 成文日期 }}"),
)


def draft() -> bytes:
    """The template as a docx file."""
    made = docx.Document()
    page = made.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.top_margin, page.bottom_margin = Mm(37), Mm(35)
    page.left_margin, page.right_margin = Mm(28), Mm(26)
    page.footer_distance = Mm(18)
    _styles(made)
    for style, text in _LINES:
        made.add_paragraph(text, style=style)
    _footer(page.footer)
    target = io.BytesIO()
    made.save(target)
    return target.getvalue()


def _styles(made: Any) -> None:
    normal = made.styles["Normal"]
    _font(normal, _BODY, 16)
    normal.paragraph_format.space_after = Pt(0)
    _style(made, "标题页", _TITLE, 22, align=WD_ALIGN_PARAGRAPH.CENTER, after=_LINE)
    _style(made, "节标题", _BLACK, 16, indent=2, keep=True)
    _style(made, "正文段", _BODY, 16, indent=2)
    _style(made, "表题", _BLACK, 12, align=WD_ALIGN_PARAGRAPH.CENTER, keep=True)
    _style(made, "表注", _BODY, 8, line=None, after=6)
    # A picture on a line of fixed height would be cut.
    _style(made, "图", _BODY, 10.5, line=None, align=WD_ALIGN_PARAGRAPH.CENTER)
    _style(made, "落款", _BODY, 16, align=WD_ALIGN_PARAGRAPH.RIGHT)


def _style(
    made: Any,
    name: str,
    font: str,
    points: float,
    *,
    indent: int = 0,
    line: float | None = _LINE,
    align: Any = None,
    after: float = 0,
    keep: bool = False,
) -> None:
    style = made.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    style.base_style = made.styles["Normal"]
    _font(style, font, points)
    form = style.paragraph_format
    form.first_line_indent, form.space_after, form.keep_with_next = Pt(indent * points), Pt(after), keep
    if line is not None:
        form.line_spacing_rule, form.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(line)
    if align is not None:
        form.alignment = align


def _font(style: Any, name: str, points: float) -> None:
    style.font.size = Pt(points)
    style.font.name = FIGURES
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for script, face in (("w:ascii", FIGURES), ("w:hAnsi", FIGURES), ("w:eastAsia", name)):
        fonts.set(qn(script), face)


def _footer(footer: Any) -> None:
    number = footer.paragraphs[0]
    number.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for text in ("— ", None, " —"):
        run = number.add_run(text or "")
        run.font.size = Pt(14)
        if text is None:
            _page_field(run)
    sealed = footer.add_paragraph("{{ 页脚 }}")
    sealed.alignment = WD_ALIGN_PARAGRAPH.CENTER
    sealed.runs[0].font.size = Pt(7)


def _page_field(run: Any) -> None:
    for kind, text in (("begin", None), (None, "PAGE"), ("end", None)):
        part = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            part.set(qn("w:fldCharType"), kind)
        else:
            part.text = text
        run._r.append(part)


if __name__ == "__main__":
    (SHIPPED / "report.docx").write_bytes(draft())
