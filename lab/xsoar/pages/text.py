"""Foreign text made harmless: Markdown and HTML of scripts and fields become markup that neither runs nor fetches."""

import re

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("image")
BLOCKS = {"p", "div", "span", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "code"}
MARKS = {
    "b",
    "strong",
    "i",
    "em",
    "u",
    "s",
    "del",
    "small",
    "sub",
    "sup",
    "mark",
    "a",
    "ul",
    "ol",
    "li",
    "dl",
    "dt",
    "dd",
}
TABLES = {"table", "thead", "tbody", "tr", "th", "td", "caption"}
ATTRIBUTES = {"*": {"style", "title"}, "a": {"href"}, "th": {"colspan", "scope"}, "td": {"colspan"}, "ol": {"start"}}
STYLES = {
    *("align-items", "background", "background-color", "border", "border-left", "border-radius", "border-top", "color"),
    *("display", "flex", "flex-wrap", "font-size", "font-weight", "gap", "height", "justify-content", "line-height"),
    *("margin", "margin-top", "min-width", "opacity", "overflow-wrap", "padding", "text-align", "width"),
}
# Anything that could fetch, hide a comment in a value, or call a function other than a colour's.
RISKY = re.compile(r"url|image|expression|import|\\|/\*|@|var\(|attr\(", re.IGNORECASE)


def _kept(tag: str, name: str, value: str) -> str | None:
    return None if name == "style" and RISKY.search(value) else value


def clean(html: str) -> Markup:
    """HTML with nothing left but text, tables, links to the web and colours."""
    return Markup(  # noqa: S704 (it comes from the sanitizer)
        nh3.clean(
            html,
            tags=BLOCKS | MARKS | TABLES,
            attributes=ATTRIBUTES,
            attribute_filter=_kept,
            filter_style_properties=STYLES,
            url_schemes={"http", "https", "mailto"},
            link_rel="noopener noreferrer nofollow",
            set_tag_attribute_values={"a": {"target": "_blank"}},
        )
    )


def markdown(text: str) -> Markup:
    """Markdown as markup; HTML in it is shown as the text that it is, and a wide table scrolls by itself."""
    markup = clean(MARKDOWN.render(text))
    wrapped = markup.replace(Markup("<table>"), Markup('<div class="scroll" tabindex="0"><table>'))
    return wrapped.replace(Markup("</table>"), Markup("</table></div>"))


def web_address(value: str) -> str:
    """The value when it is an address of the web, else ''."""
    return value if re.match(r"https?://[^\s]+$", value, re.IGNORECASE) else ""
