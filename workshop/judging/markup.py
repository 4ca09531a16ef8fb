"""A web page as a browser reads it: what it is called, and where its style comes from."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import quote, urljoin, urlsplit

_HERE = ("localhost", "127.0.0.1", "0.0.0.0", "::1")  # noqa: S104 - as an address in a page
_IMPORT = re.compile(r"""@import\s+(?:url\(\s*)?["']?([^"')\s;]+)[^;]*;?""", re.IGNORECASE)

_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)


class Parsed(HTMLParser):
    """What matters here in a page."""

    def __init__(self, text: str) -> None:
        """Read the page `text`."""
        super().__init__()
        self.sheets: list[str] = []
        """Paths of the stylesheets on the same site, as a browser asks for them."""
        self.elsewhere = ""
        """The address of a stylesheet that comes from anywhere else."""
        self.is_lost = False
        """There it can hardly be: on a disk, on the reader's machine, or where only the page's <base> sends it."""
        self.unused = ""
        """What keeps a browser from using a stylesheet that is named."""
        self.guilty = ""
        """How the element begins that names a stylesheet that can't be used, or sends it elsewhere."""
        self.base = ""
        """The element that says where addresses begin."""
        self.has_own_style = False
        self.is_html = False
        self.heading = ""
        self._inside = ""
        self._address = "http://here/"
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notice styles, and what is being read."""
        its = {name: (value or "").strip() for name, value in attrs}
        self._inside = tag
        self.is_html = self.is_html or tag in ("html", "body", "h1", "h2", "p", "title", "div", "main")
        self.has_own_style = self.has_own_style or bool(its.get("style"))
        if tag == "base" and its.get("href") and not self.base:
            self.base, self._address = self._begins(), urljoin(self._address, its["href"])
        if tag == "link" and "stylesheet" in its.get("rel", "").lower().split() and its.get("href"):
            if unused := _unused(its):
                self.unused, self.guilty = unused, self.guilty if self.elsewhere else self._begins()
            else:
                self._sheet(its["href"])

    def _begins(self) -> str:
        return (self.get_starttag_text() or "").partition("\n")[0]

    def _sheet(self, href: str) -> None:
        address = urlsplit(urljoin(self._address, href.replace("\\", "/")))  # as browsers do
        if address.netloc == "here":
            self.sheets.append(quote(address.path, safe="/%:@!$&'()*+,;=~"))
        elif address.scheme == "data":
            self.has_own_style = True
        else:
            by_base = bool(self.base) and not urlsplit(href).scheme and not href.startswith("//")
            on_the_web = address.scheme in ("http", "https")
            self.elsewhere = address.geturl() if by_base or on_the_web else href
            self.guilty = self.base if by_base else href
            self.is_lost = by_base or not on_the_web or address.hostname in _HERE

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - the parser's own signature
        """Leave the element."""
        self._inside = ""

    def handle_data(self, data: str) -> None:
        """Collect the first heading, and see whether a style block says anything, or imports what does."""
        if self._inside == "style":
            style = _COMMENT.sub("", data)
            for href in _IMPORT.findall(style):
                self._sheet(href)
            self.has_own_style = self.has_own_style or bool(_IMPORT.sub("", style).strip())
        self.heading += data.strip() if self._inside == "h1" else ""


def _unused(its: dict[str, str]) -> str:
    """Give the attribute for which a browser leaves a stylesheet alone; empty where it uses it."""
    if "alternate" in its["rel"].lower().split():
        return f'rel="{its["rel"]}"'
    if its.get("type", "text/css").lower() not in ("", "text/css"):
        return f'type="{its["type"]}"'
    if its.get("media", "").lower() in ("print", "speech", "none") and "onload" not in its:
        return f'media="{its["media"]}"'
    return "disabled" if "disabled" in its else ""


def rules(sheet: str) -> str:
    """Give what a stylesheet says, without its comments and the blanks around them."""
    return _COMMENT.sub("", sheet).strip("\ufeff \t\r\n")


def has_rules(sheet: str) -> bool:
    """Whether a text can be a stylesheet: it has rules or imports some, and is not a web page."""
    read = rules(sheet)
    return bool(re.search(r"\{|@import", read)) and not read.startswith("<")
