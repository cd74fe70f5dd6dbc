"""Papers as PDFs that screen readers can read: tagged, PDF/UA-1, set by Typst in Public Sans.

A program (``*.typ``) sets a paper from data alone: no word of anybody is ever part of it, so that
nothing that somebody types means anything to Typst. For signs that the font does not have, Typst
takes one of its own (Arabic, Armenian, Hindi …), or one that the system has: Chinese, Japanese and
Korean need that (Debian: fonts-noto-cjk). Without one no PDF can be made, since PDF/UA wants every
sign to be readable.
"""

import io
import json
import logging
from datetime import datetime
from functools import cache as once
from pathlib import Path
from typing import Any

import segno
import typst
from django.conf import settings

logger = logging.getLogger(__name__)


class NotSet(Exception):
    """The paper cannot be set here. ``str()`` says why."""


def set_paper(program: Path, data: dict[str, Any], *, dated: datetime) -> bytes:
    """Return the PDF that ``program`` makes of ``data``, its only input. Raises :class:`NotSet`."""
    compiler = typst.Compiler(
        program.read_bytes(), font_paths=_fonts(), sys_inputs={"paper": json.dumps(data)}
    )
    try:
        content = compiler.compile(
            format="pdf", pdf_standards=["ua-1"], timestamp=int(dated.timestamp())
        )
    except typst.TypstError as error:
        logger.warning("%s cannot be set: %s", program.stem, error.message)
        raise NotSet(error.message) from error
    assert isinstance(content, bytes)
    return content


def qr_drawing(text: str) -> str:
    """Return a QR code as SVG, for a program to set."""
    drawing = io.BytesIO()
    segno.make(text, error="m", micro=False).save(drawing, kind="svg", border=2, light="#fff")
    return drawing.getvalue().decode()


@once
def _fonts() -> typst.Fonts:
    """Find the fonts once a process: our own, the system's, and those that Typst brings."""
    return typst.Fonts(font_paths=[settings.DOCUMENT_FONTS])
