"""Small PDF, Word and HTML files, made here."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from pathlib import Path

_PADDING = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")
"""Padding of passwords in the standard encryption of PDF (ISO 32000-1, 7.6.3.3)."""

HTML = """<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>Letter</title><style>p {color: red}</style></head>
<body><h1>Ada &amp; Bo</h1><p>Ada <b>Orne</b> left
Rom\u00e9.</p><img src="x.png"><script>var x = "Cy";</script>
<table><tr><th>Name</th><td>Place</td></tr><tr><td>Bo</td><td>Oslo</td></tr></table>
<p hidden>secret</p><!-- note --></body></html>
"""


def write_pdf(
    path: Path, pages: Sequence[str], *, image: bool = False, password: str | None = None
) -> Path:
    """Write a PDF with a line of text per line of each page.

    Args:
        path: the file.
        pages: Latin-1 text of each page.
        image: draw an image on every page.
        password: a password that readers need; the content itself is not encrypted.
    """
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", ""]
    objects.append("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
    objects.append(
        "<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray "
        "/BitsPerComponent 8 /Length 1 >>\nstream\nA\nendstream"
    )
    kids = []
    for text in pages:
        shown = "".join(f"({_escape(line)}) Tj T*\n" for line in text.split("\n") if line)
        content = f"BT /F1 12 Tf 14 TL 50 700 Td\n{shown}ET\n"
        content += "q 100 0 0 100 50 50 cm /I1 Do Q\n" if image else ""
        objects.append(f"<< /Length {len(content)} >>\nstream\n{content}endstream")
        objects.append(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] "
            "/Resources << /Font << /F1 3 0 R >> /XObject << /I1 4 0 R >> >> "
            f"/Contents {len(objects)} 0 R >>"
        )
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    trailer = "/Root 1 0 R"
    if password is not None:
        trailer += f" /ID [<{'00' * 16}> <{'00' * 16}>] /Encrypt {_encryption(password)}"
    data, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(data))
        data += f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1")
    start = len(data)
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    size = len(objects) + 1
    data += f"xref\n0 {size}\n0000000000 65535 f \n{table}".encode()
    data += f"trailer\n<< /Size {size} {trailer} >>\nstartxref\n{start}\n%%EOF\n".encode()
    path.write_bytes(data)
    return path


def write_docx(path: Path) -> Path:
    """Write a Word file with a heading, a table, an image, a header and a page break."""
    import docx

    document = docx.Document()
    document.add_heading("Letter", level=1)
    document.add_paragraph("Ada Orne left Rom\u00e9.")
    table = document.add_table(rows=1, cols=2)
    table.cell(0, 0).text, table.cell(0, 1).text = "Bo", "Oslo"
    document.sections[0].header.paragraphs[0].text = "Confidential"
    picture = path.with_suffix(".png")
    picture.write_bytes(_png())
    document.add_picture(str(picture))
    picture.unlink()
    document.add_page_break()  # type: ignore[no-untyped-call]
    document.add_paragraph("Cy came.")
    document.save(str(path))
    return path


def document_files(folder: Path) -> list[Path]:
    """Write a file of each kind into a folder and return their paths."""
    html = folder / "page.html"
    html.write_text(HTML, "utf-8")
    return [
        write_pdf(folder / "letter.pdf", ["Ada left Rome."]),
        write_docx(folder / "l.docx"),
        html,
    ]


def _escape(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def _encryption(password: str) -> str:
    """Return the encryption dictionary of a PDF: revision 2, 40 bits."""
    padded = (password.encode() + _PADDING)[:32]
    owner = _rc4(hashlib.md5(padded, usedforsecurity=False).digest()[:5], padded)
    permissions = (-4 & 0xFFFFFFFF).to_bytes(4, "little")
    seed = padded + owner + permissions + bytes(16)
    user = _rc4(hashlib.md5(seed, usedforsecurity=False).digest()[:5], _PADDING)
    return f"<< /Filter /Standard /V 1 /R 2 /O <{owner.hex()}> /U <{user.hex()}> /P -4 >>"


def _rc4(key: bytes, data: bytes) -> bytes:
    state, j = list(range(256)), 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    i, j, out = 0, 0, bytearray()
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)


def _png() -> bytes:
    """Return a grey image of one pixel."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        checksum = zlib.crc32(kind + body).to_bytes(4, "big")
        return len(body).to_bytes(4, "big") + kind + body + checksum

    header = (1).to_bytes(4, "big") * 2 + bytes([8, 0, 0, 0, 0])
    pixels = zlib.compress(b"\x00\x80")
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts
