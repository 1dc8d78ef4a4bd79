"""HOW is a report set as PDF, and a chart as a picture? By Typst, as PDF/A, the same bytes from the same figures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import typst

from ajx_gateway.errors import Unprocessable
from ajx_gateway.rendering import fonts, layouts, model
from ajx_gateway.rendering.figures import Figures
from ajx_gateway.rendering.fonts import Faces
from ajx_gateway.rendering.model import PrintedChart
from ajx_gateway.rendering.seal import Seal

_CHART_PPI = 220.0


def to_pdf(figures: Figures, seal: Seal, faces: Faces, *, templates: Path | None = None) -> bytes:
    """The report in the layout of GB/T 9704; 503 when the fonts lack a letter, 422 for a faulty template."""
    report = model.printed(figures, seal)
    fonts.try_out(faces, model.letters(report))
    inputs = {"report": json.dumps(asdict(report), ensure_ascii=False), "faces": _told(faces)}
    with layouts.typst_sources(templates, figures.kind, figures.territory) as work:
        try:
            made = typst.compile(
                str(work / "main.typ"),
                root=str(work),
                format="pdf",
                font_paths=faces.fonts,
                sys_inputs=inputs,
                pdf_standards="a-2b",
                timestamp=seal.made_at.replace(microsecond=0),
            )
        except typst.TypstError as fault:
            raise Unprocessable(f"排版模板有误：{fault.message[:300]}") from None
    return _whole(made)


def to_picture(chart: PrintedChart, faces: Faces) -> bytes:
    """One chart as PNG."""
    inputs: Mapping[str, str] = {
        "chart": json.dumps(asdict(chart), ensure_ascii=False),
        "report": "{}",
        "faces": _told(faces),
    }
    made = typst.compile(
        str(layouts.SHIPPED / "chart.typ"),
        root=str(layouts.SHIPPED),
        format="png",
        ppi=_CHART_PPI,
        font_paths=faces.fonts,
        sys_inputs=dict(inputs),
    )
    return _whole(made)


def _whole(made: bytes | list[bytes]) -> bytes:
    """What typst made; of several pages as pictures the first."""
    return made[0] if isinstance(made, list) else made


def _told(faces: Faces) -> str:
    return json.dumps(
        {"title": faces.title, "heading": faces.heading, "body": faces.body}, ensure_ascii=False
    )
