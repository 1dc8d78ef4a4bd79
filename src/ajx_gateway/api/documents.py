"""IS this an electronic policy? Decided by its content: PDF or OFD, whole to its last byte."""

import io
import zipfile
from typing import Literal

from starlette.requests import Request

from ajx_gateway.errors import Malformed, UnsupportedMedia

DocumentMedia = Literal["application/pdf", "application/ofd"]
_TAIL = 2048
_UNTOLD = ("", "application/octet-stream")


def document_media(body: bytes, declared: str) -> DocumentMedia:
    """The media type the content shows; a declared one must agree."""
    if body.startswith(b"%PDF-"):
        found: DocumentMedia = "application/pdf"
        if b"%%EOF" not in body[-_TAIL:]:
            raise Malformed("PDF 文件不完整：缺少结尾标记 %%EOF，请检查上传是否中断。")
    elif body.startswith(b"PK\x03\x04") and "OFD.xml" in _names(body):
        found = "application/ofd"
    else:
        raise UnsupportedMedia("电子保单应为 PDF 或 OFD 文件（按内容判断）。", supported=["PDF", "OFD"])
    if declared not in (*_UNTOLD, found):
        raise UnsupportedMedia(f"Content-Type 声明为其他类型，但内容是 {found}。", found=found)
    return found


def _names(body: bytes) -> list[str]:
    """The members of a ZIP, read from its directory without inflating anything."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            return archive.namelist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, IndexError):
        raise Malformed("OFD 文件不完整或已损坏，请检查上传是否中断。") from None


def declared_media(request: Request) -> str:
    """The Content-Type without parameters, as the sender wrote it."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()
