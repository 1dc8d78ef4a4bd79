"""WHICH fonts can set Chinese here? The families of GB/T 9704 as far as this machine has them, or a refusal with the mend.

Typst draws boxes for what no font has, and says nothing; PDF/A forbids them, so every text is tried as PDF/A first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import typst

from ajx_gateway.errors import Unavailable

# In the order of preference: the standard's own faces, then free ones. The last two groups stand in for the others.
_FANGSONG = (
    "FangSong_GB2312",
    "FangSong",
    "仿宋_GB2312",
    "仿宋",
    "STFangsong",
    "FZFangSong-Z02",
    "FandolFang R",
)
_TITLE = ("FZXiaoBiaoSong-B05S", "方正小标宋简体", "FZXiaoBiaoSong-B05", "STZhongsong", "华文中宋")
_BLACK = ("SimHei", "黑体", "STHeiti", "Source Han Sans SC", "Source Han Sans CN", "Noto Sans CJK SC")
_SONG = (
    "SimSun",
    "宋体",
    "STSong",
    "Source Han Serif SC",
    "Source Han Serif CN",
    "Noto Serif CJK SC",
    "Noto Serif SC",
)
_ANY = (
    "Noto Sans SC",
    "Microsoft YaHei",
    "PingFang SC",
    "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei",
    "Droid Sans Fallback",
)
_MEND = (
    "请安装一种中文字体（仿宋、思源宋体或 Noto Serif CJK SC；Debian、Ubuntu：apt-get install fonts-noto-cjk），"
    "或把字体文件放进一个目录并用 AJX_FONTS 指明。"
)
SAMPLE = "安全生产责任保险数据网关月度通报季度运行半年考评白皮书，。（）“”％〔〕0123456789—"


@dataclass(frozen=True, slots=True)
class Faces:
    """The families to set title, headings and body in, each list in the order in which they are tried."""

    title: tuple[str, ...]
    heading: tuple[str, ...]
    body: tuple[str, ...]
    # As Typst takes them, looked for once: a report with six charts would search the machine eight times.
    fonts: typst.Fonts = field(compare=False, repr=False)

    @property
    def name(self) -> str:
        """The family that sets the body."""
        return self.body[0]


def faces(folder: Path | None = None, *, system: bool = True) -> Faces:
    """The faces of this machine and of the folder; 503 with the mend when none of them knows Chinese."""
    folders = (str(folder),) if folder is not None and folder.is_dir() else ()
    found = _fonts(folders, system)
    there = set(found.families())

    def of(*groups: Sequence[str]) -> tuple[str, ...]:
        return tuple(name for group in groups for name in group if name in there)

    chosen = Faces(
        of(_TITLE, _SONG, _BLACK, _ANY),
        of(_BLACK, _ANY, _SONG),
        of(_FANGSONG, _SONG, _ANY, _BLACK),
        found,
    )
    if not chosen.body:
        raise Unavailable(f"本机没有可用的中文字体，不能生成 PDF 和图。{_MEND}")
    try_out(chosen, SAMPLE)
    return chosen


def faces_or_none(folder: Path | None = None, *, system: bool = True) -> Faces | None:
    """The faces, None where no font knows Chinese."""
    try:
        return faces(folder, system=system)
    except Unavailable:
        return None


def try_out(chosen: Faces, text: Iterable[str]) -> None:
    """503 when the faces lack a character of the text: nothing goes out with boxes in it."""
    letters = "".join(sorted(set(text)))
    names = ", ".join(f'"{name}"' for name in chosen.body)
    source = f"#set text(font: ({names},), fallback: false)\n#sys.inputs.letters"
    try:
        typst.compile(
            source.encode(),
            format="pdf",
            pdf_standards="a-2b",
            font_paths=chosen.fonts,
            sys_inputs={"letters": letters},
        )
    except typst.TypstError as fault:
        if "could not be displayed" not in fault.message:
            raise
        raise Unavailable(
            f"本机的中文字体“{chosen.name}”缺少报告中的部分文字，不能生成 PDF 和图。{_MEND}"
        ) from None


def _fonts(folders: Sequence[str], system: bool) -> typst.Fonts:
    return typst.Fonts(include_system_fonts=system, include_embedded_fonts=False, font_paths=list(folders))
