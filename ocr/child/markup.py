"""The text of HTML and RTF: what a reader would see, nothing loaded and nothing run."""

import re
from html.parser import HTMLParser

from striprtf.striprtf import rtf_to_text

from ocr.child.encodings import decoded

_UNSEEN = frozenset({"script", "style", "head", "template", "noscript", "svg", "object"})
_LINES = frozenset(
    (
        *("address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "fieldset"),
        *("figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li"),
        *("main", "nav", "ol", "p", "pre", "section", "table", "tr", "ul"),
    )
)
_CELLS = frozenset({"td", "th"})
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?([\w-]+)", re.IGNORECASE)
_CODE_PAGE = re.compile(rb"\\ansicpg(\d{3,5})")
_BLANKS = re.compile(r"[ \t\r\n\f\xa0]+")


class _Seen(HTMLParser):
    """Collects the words between the tags, a line for each block."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._hidden: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._hidden.append(tag)
        elif tag in _LINES:
            self.pieces.append("\n")
        elif tag in _CELLS:
            self.pieces.append("\t")
        elif tag == "img":
            self.pieces.append(f" {dict(attrs).get('alt') or ''} ")
        elif tag == "body":
            self._hidden.clear()  # a head that was never closed hides nothing more

    def handle_endtag(self, tag: str) -> None:
        if tag in self._hidden:
            while self._hidden.pop() != tag:
                pass
        elif tag in _LINES:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.pieces.append(_BLANKS.sub(" ", data))


def html_text(data: bytes, *, said: str = "") -> str:
    """What a person would read of a page of HTML. Links and pictures are not followed."""
    found = _CHARSET.search(data[:4096])
    parser = _Seen()
    parser.feed(decoded(data, said=said or (found[1].decode("ascii") if found else "")))
    parser.close()
    lines = ("".join(parser.pieces)).split("\n")
    return tidy("\n".join(line.strip(" ") for line in lines))


def rtf_text(data: bytes) -> str:
    """The text of a document in Rich Text Format."""
    page = _CODE_PAGE.search(data[:4096])
    encoding = f"cp{page[1].decode('ascii')}" if page else "cp1253"
    text = data.decode("latin-1")
    try:
        return tidy(_plain(text, encoding))
    except LookupError:
        return tidy(_plain(text, "cp1253"))


def _plain(text: str, encoding: str) -> str:
    return str(rtf_to_text(text, encoding=encoding, errors="replace"))  # type: ignore[no-untyped-call]


def tidy(text: str) -> str:
    """No blanks at the ends of lines, at most one empty line in a row."""
    lines = [line.rstrip() for line in text.splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")
