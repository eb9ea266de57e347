"""A page as a test sees it: its text, its links, and whether its tags close."""

from html.parser import HTMLParser
from pathlib import Path

_VOID = {"meta", "br", "hr", "img", "input", "link", "path", "use"}


class Page(HTMLParser):
    """Parse a report; AssertionError where a tag is not closed."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.source = path.read_text(encoding="utf-8")
        self.text, self.links, self.ids, self.images = "", [], [], 0
        self._open: list[str] = []
        self.feed(self.source)
        self.close()
        assert not self._open, f"not closed: {self._open}"
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag, attrs):
        self.images += tag == "svg"
        self.ids += [value for name, value in attrs if name == "id"]
        self.links += [value for name, value in attrs if name in ("href", "src")]
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self._open.pop()

    def handle_endtag(self, tag):
        if tag not in _VOID:
            assert self._open, f"</{tag}> without a start"
            assert (start := self._open.pop()) == tag, f"<{start}> closed by </{tag}>"

    def handle_data(self, data):
        if "style" not in self._open:
            self.text += f" {data}"
