"""HOW does a sheet look in an office? Columns as wide as what they hold, words that wrap, figures that read as figures.

Nobody widens forty columns before reading a list, and whoever prints one wants its heads on every page.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import chain, repeat
from types import MappingProxyType
from typing import Final

from ajx_gateway.api import cells
from ajx_gateway.rendering import rows
from ajx_gateway.rendering.model import breadth
from ajx_gateway.store.columns import AMOUNTS

# How every part of a workbook begins, and what its elements are called in.
XML: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
# The numbers of the styles in the sheet of styles below.
NUMBER, TEXT, HEAD, DAY, INSTANT, WORDS, AMOUNT, PERCENT = 1, 2, 3, 4, 5, 6, 7, 8
# What a number is formatted as: the spreadsheet's own numbers for text, 1,234.50 and 12.34%, and two of ours.
_GENERAL, _TEXT, _AMOUNT, _PERCENT, _DAY, _INSTANT = 0, 49, 4, 10, 164, 165


def _look(
    form: int, *, font: int = 0, fill: int = 0, border: int = 0, more: str = "", wrap: bool = False
) -> str:
    wrapped = ' wrapText="1"' if wrap else ""
    return (
        f'<xf numFmtId="{form}" fontId="{font}" fillId="{fill}" borderId="{border}" xfId="0" applyNumberFormat="1"'
        f' applyAlignment="1"{more}><alignment vertical="top"{wrapped}/></xf>'
    )


# quotePrefix keeps a text cell text even when somebody edits it.
_LOOKS: Final = (
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>',
    _look(_GENERAL),
    _look(_TEXT, more=' quotePrefix="1"'),
    _look(_GENERAL, font=1, fill=2, border=1, more=' applyFont="1" applyFill="1" applyBorder="1"', wrap=True),
    _look(_DAY),
    _look(_INSTANT),
    _look(_TEXT, more=' quotePrefix="1"', wrap=True),
    _look(_AMOUNT),
    _look(_PERCENT),
)
_FONT: Final = '<sz val="11"/><name val="宋体"/><charset val="134"/>'
_SIDES: Final = "<left/><right/><top/>"
STYLES: Final = (
    f'{XML}<styleSheet xmlns="{MAIN}"><numFmts count="2"><numFmt numFmtId="{_DAY}" formatCode="yyyy\\-mm\\-dd"/>'
    f'<numFmt numFmtId="{_INSTANT}" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts>'
    f'<fonts count="2"><font>{_FONT}</font><font><b/>{_FONT}</font></fonts>'
    '<fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '<fill><patternFill patternType="solid"><fgColor rgb="FFE8EEF5"/></patternFill></fill></fills>'
    f'<borders count="2"><border>{_SIDES}<bottom/><diagonal/></border>'
    f'<border>{_SIDES}<bottom style="thin"/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    f'<cellXfs count="{len(_LOOKS)}">{"".join(_LOOKS)}</cellXfs>'
    '<cellStyles count="1"><cellStyle name="常规" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
_AMOUNTS: Final = AMOUNTS | {
    "accrued", "base", "city_match", "excess", "floor", "gap", "match", "premium", "remaining", "spent", "subsidy",
    "sum_insured",
}  # fmt: skip
_RATIOS: Final = frozenset({"ratio", "share", "fulfilment", "first_service_rate"})
# Sentences, lists of words and digests, which take as many lines as they need.
_WORDS: Final = frozenset(
    {
        "actual", "address", "clause", "consequence", "content", "decision_reason", "definition", "derived", "detail",
        "evidence", "expected", "file_sha256", "findings", "kinds", "kinds_title", "law_said", "mend", "message", "note",
        "payload", "payload_title", "population_digest", "published", "reason", "record", "record_title",
        "reply", "requirement", "results", "source",
        "status", "text", "texts", "value", "words",
    }
)  # fmt: skip
_NAMES: Final = frozenset({"name", "title", "title_of_item"})
_WIDTHS: Final[Mapping[str, int]] = MappingProxyType(
    {
        **dict.fromkeys(("insurer", "enterprise_uscc", "uscc", "agency_uscc"), 21),
        **dict.fromkeys(("key", "subject_key", "rule", "field", "unit", "id", "sequence"), 38),
        **dict.fromkeys(("place", "division_names", "pointer", "seed", "renewal_of"), 24),
        **dict.fromkeys(("sector_tags", "sectors", "sector_titles", "items", "type"), 32),
        **dict.fromkeys(_WORDS, 44),
        **dict.fromkeys(("requirement", "texts", "payload_title", "record_title"), 70),
        **dict.fromkeys(_NAMES, 48),
    }
)
_OF_SORT: Final[Mapping[str, int]] = MappingProxyType({"number": 16, "day": 12, "instant": 21, "text": 16})
# A head breaks into lines rather than widen its column beyond this.
_WIDEST_HEAD: Final = 22
# Letters across a page of A4 on its side while they can be read, and across a definition.
_ACROSS, _SPAN = 260, 110
# Lines at most of a row that stays in sight above the others.
_MOST_ABOVE: Final = 12
# As wide as a column for which nothing is said.
_USUAL: Final = 9


def width(name: str, title: str) -> int:
    """How wide a column should be, in characters: a Chinese one is as wide as two others."""
    usual = _WIDTHS.get(name) or _OF_SORT[cells.sort_of(name)]
    if name.endswith(("division_name", "territory_name")):
        usual = 24
    elif name.endswith("_name"):
        usual = 32 if name == "industry_name" else 48
    elif name.endswith("_id"):
        usual = 38
    elif name.endswith(("_no", "_title")):
        usual = max(usual, 24)
    return max(usual, min(2 * len(title) + 2, _WIDEST_HEAD))


def text_style(name: str) -> int:
    """How the words of a column stand: on one line, or on as many as they need."""
    wraps = name in _WORDS or name in _NAMES or name.endswith("_name") or _WIDTHS.get(name) == 32
    return WORDS if wraps else TEXT


def number_style(name: str, title: str) -> int:
    """How the decimal numbers of a column read: as money, as a ratio in percent, or as they are."""
    if name in _RATIOS or name.endswith(("_ratio", "_share")):
        return PERCENT
    return AMOUNT if name in _AMOUNTS or title.endswith("（元）") else NUMBER


def _height(lines: int) -> str:
    points = rows.height(lines)
    return "" if points is None else f' ht="{points}"'


class Layout:
    """What a sheet of these columns is told besides its cells; ``block`` stands above them.

    ``looks``: per column the style of its words and that of its decimal numbers. ``spanning``: the rows of the block
    that do not fit into their column.
    """

    def __init__(self, columns: Sequence[tuple[str, str]], block: Sequence[Sequence[str]]) -> None:
        self.looks = [(text_style(name), number_style(name, title)) for name, title in columns]
        self._widths = [width(name, title) for name, title in columns]
        self._wrapping = [
            (place, self._widths[place] - 1) for place, (style, _) in enumerate(self.looks) if style == WORDS
        ]
        self._head = max(
            (rows.lines(title, wide - 1) for (_, title), wide in zip(columns, self._widths, strict=True)),
            default=1,
        )
        self._last, span = self._reach()
        own = self._widths[1] if len(columns) > 1 else 0
        self.spanning = {
            row: _height(min(rows.lines(text, span - 4), _MOST_ABOVE))
            for row, (_, text) in enumerate(block, start=1)
            if breadth(text) > own
        }

    def _reach(self) -> tuple[int, int]:
        """The column, from 0, up to which a line of the block reaches that does not fit into its own, and how wide that is."""
        widths, reached, place = chain(self._widths[1:], repeat(_USUAL)), 0, 0
        while reached < _SPAN:
            reached, place = reached + next(widths), place + 1
        return place, reached

    def columns(self) -> str:
        """The widths; nothing for a sheet without columns."""
        told = "".join(
            f'<col min="{n}" max="{n}" width="{wide}" customWidth="1"/>'
            for n, wide in enumerate(self._widths, start=1)
        )
        return f"<cols>{told}</cols>" if told else ""

    def head(self) -> str:
        """The height of the row of titles."""
        return _height(self._head)

    def row(self, row: Sequence[object]) -> str:
        """The height of a row whose words take more than one line; nothing for all others."""
        lines = 1
        for place, wide in self._wrapping:
            value = row[place] if place < len(row) else None
            if value is not None:
                lines = max(
                    lines, rows.lines(value if isinstance(value, str) else cells.text_of(value), wide)
                )
        return _height(lines)

    def merged(self, letters: Callable[[int], str]) -> str:
        """The cells of the block that reach over several columns; ``letters`` name a column."""
        last = letters(self._last)
        told = "".join(f'<mergeCell ref="B{row}:{last}{row}"/>' for row in self.spanning)
        return f'<mergeCells count="{len(self.spanning)}">{told}</mergeCells>' if told else ""

    def printing(self) -> str:
        """A4 on its side, as many pages beside each other as letters that can be read take, numbered."""
        pages = max(1, math.ceil(sum(self._widths) / _ACROSS))
        return (
            '<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.6" header="0.3" footer="0.3"/>'
            f'<pageSetup paperSize="9" orientation="landscape" fitToWidth="{pages}" fitToHeight="0"/>'
            "<headerFooter><oddFooter>&amp;C第 &amp;P 页，共 &amp;N 页</oddFooter></headerFooter>"
        )
