"""Markdown of the office as HTML that cannot do anything: no raw HTML, no scripts, no pictures."""

import nh3
from markdown_it import MarkdownIt

from docflow.folding import line

_TAGS = {
    "a", "blockquote", "br", "code", "em", "h3", "h4", "hr", "li", "ol", "p", "pre", "strong",
    "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_READER = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table")
# A page has its own h1 and h2; what the office writes stands below them.
_HEADINGS = {"h1": "h3", "h2": "h3", "h3": "h3", "h4": "h4", "h5": "h4", "h6": "h4"}


def html(markdown: str) -> str:
    """The text as HTML that may stand in any page of ours."""
    tokens = _READER.parse(markdown)
    for token in tokens:
        token.tag = _HEADINGS.get(token.tag, token.tag)
    made = _READER.renderer.render(tokens, _READER.options, {})
    return nh3.clean(
        made,
        tags=_TAGS,
        attributes={"a": {"href"}, "ol": {"start"}},
        url_schemes={"https", "http", "mailto", "tel"},
        link_rel="noopener noreferrer",
    )


def plain(markdown: str) -> str:
    """The words of the text without its marks, in one line."""
    return line(nh3.clean(html(markdown), tags=set()))
