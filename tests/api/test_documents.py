"""The document door looks at content, not at names."""

import io
import zipfile

import pytest

from ajx_gateway.api.documents import document_media
from ajx_gateway.errors import Malformed, UnsupportedMedia

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def archive(*names: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as made:
        for name in names:
            made.writestr(name, "<x/>")
    return target.getvalue()


def test_a_pdf_is_known_by_its_head_and_its_end() -> None:
    assert document_media(PDF, "application/pdf") == "application/pdf"
    assert document_media(PDF, "") == "application/pdf"


def test_an_ofd_is_a_zip_that_holds_ofd_xml() -> None:
    assert (
        document_media(archive("OFD.xml", "Doc_0/Document.xml"), "application/octet-stream")
        == "application/ofd"
    )


def test_a_pdf_without_its_end_was_cut_on_the_way() -> None:
    with pytest.raises(Malformed):
        document_media(PDF[:-8], "application/pdf")


@pytest.mark.parametrize(
    "body", [b"", b"<html>", archive("word/document.xml"), b"MZ\x90", b"\n%PDF-1.7 %%EOF"]
)
def test_anything_else_is_refused(body: bytes) -> None:
    with pytest.raises(UnsupportedMedia):
        document_media(body, "application/pdf")


def test_a_broken_zip_is_a_400() -> None:
    with pytest.raises(Malformed):
        document_media(archive("OFD.xml")[:-10], "application/ofd")


def test_the_declared_type_must_agree_with_the_content() -> None:
    with pytest.raises(UnsupportedMedia):
        document_media(PDF, "application/ofd")
