"""The rendering room needs no database; a font that knows Chinese it needs, and a machine may have none."""

from pathlib import Path

import pytest

from ajx_gateway.rendering import fonts
from ajx_gateway.rendering.fonts import Faces


@pytest.fixture(scope="session")
def faces() -> Faces | None:
    """The machine's faces, None where no font knows Chinese: then the refusal is what a test sees."""
    return fonts.faces_or_none()


@pytest.fixture
def no_fonts(tmp_path: Path) -> Path:
    folder = tmp_path / "fonts"
    folder.mkdir()
    return folder
