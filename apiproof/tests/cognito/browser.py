"""A browser without a screen, for the sign-in page: cookies, forms, and where it is sent."""

from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import requests


class _Form(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.action = ""
        self.values: dict[str, str] = {}
        self.texts: dict[str, str] = {}
        self.ids: dict[str, list[str]] = {}
        self._inside: str | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = given["action"]
        elif tag == "input":
            self.ids.setdefault(given["name"], []).append(given.get("value", ""))
            if given.get("type") != "radio" or "checked" in given:
                self.values[given["name"]] = given.get("value", "")
        if "id" in given or tag == "h1":
            self._inside = given.get("id") or tag

    def handle_data(self, data: str) -> None:
        if self._inside is not None:
            self.texts[self._inside] = data
            self._inside = None


class Browser:
    """Follows redirects within the emulator, and stops where an application's address begins."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._session = requests.Session()
        self.location = ""
        self.status = 0
        self._form = _Form("")

    def visit(self, path: str, **query: Any) -> "Browser":
        return self._arrive(self._get(f"{self._base_url}{path}", params=query))

    def submit(self, **values: str) -> "Browser":
        url = urljoin(self._base_url, self._form.action)
        answer = self._session.post(
            url, data=self._form.values | values, allow_redirects=False, timeout=5
        )
        return self._arrive(answer)

    def _get(self, url: str, **options: Any) -> requests.Response:
        return self._session.get(url, allow_redirects=False, timeout=5, **options)

    def _arrive(self, answer: requests.Response) -> "Browser":
        while answer.status_code == 302:
            self.location = urljoin(answer.url, answer.headers["Location"])
            if not self.location.startswith(self._base_url):
                self._form = _Form("")
                return self
            answer = self._get(self.location)
        self.location, self.status, self._form = answer.url, answer.status_code, _Form(answer.text)
        return self

    @property
    def title(self) -> str:
        """The heading of the page; empty when an application's address is reached."""
        return self._form.texts.get("h1", "")

    @property
    def error(self) -> str:
        return self._form.texts.get("errorMessage", "")

    def text(self, name: str) -> str:
        return self._form.texts[name]

    def choices(self, name: str) -> list[str]:
        return self._form.ids[name]

    @property
    def answer(self) -> dict[str, str]:
        """What the application gets, of the query or the fragment."""
        parts = urlsplit(self.location)
        given = parse_qs(parts.query) | parse_qs(parts.fragment)
        return {name: values[0] for name, values in given.items()}
