"""The page: one file, everything escaped, readable in both schemes and at both widths.

What only a browser knows (layout, colours after mixing) is measured in Chromium.
"""

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from apiproof.reporting import Chart, Series, page
from apiproof.reporting.charts import as_svg
from tests.reporting.samples import OPERATIONS, sample_report

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
TREND = Chart("Trend", "run", "findings", (Series("high", ((1, 2.0), (2, 1.0), (3, 4.0))),))
CSS = (Path(page.__file__).parent / "page.css").read_text("utf-8")
CHIPS = ("passed", "failed", "error", "skipped", "critical", "high", "medium", "low")
TEXT_PAIRS = [
    *((text, surface) for text in ("ink", "soft", "link") for surface in ("surface", "raised")),
    ("ink", "heat"),
    *((name, f"{name}-surface") for name in CHIPS),
]
LINE_PAIRS = [
    ("edge", "surface"),
    ("focus", "surface"),
    *((f"series-{number}", "surface") for number in range(1, 7)),
]


def html() -> str:
    return page.as_html(sample_report(), TREND)


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in {"src", "href"}]
        self.ids += [value or "" for name, value in attrs if name == "id"]

    def handle_data(self, data: str) -> None:
        self.text += data


def parsed() -> _Tags:
    tags = _Tags()
    tags.feed(html())
    return tags


def test_it_is_one_file_that_loads_nothing() -> None:
    tags = parsed()
    assert all(link.startswith("#") for link in tags.links)
    assert {link[1:] for link in tags.links} <= set(tags.ids)
    assert not re.search(r"url\(|@import|https?://(?!127\.0\.0\.1|www\.w3\.org)", html())
    assert len(tags.ids) == len(set(tags.ids))


def test_foreign_text_is_text() -> None:
    text = html()
    assert parsed().tags.count("script") == 1  # our own
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert r"\x1b[2J \x00 \u202e" in text
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text)


def test_every_finding_has_its_request_answer_expectation_curl_and_replay() -> None:
    text = parsed().text
    for _, finding in sample_report().findings:
        assert f"apiproof replay '{finding.id}'" in text
        for words in (finding.expected, finding.curl, "Internal error", finding.details[0]):
            assert words in text


def test_what_another_command_found_before_is_shown_with_its_date() -> None:
    tags = parsed()
    assert "step-openapi-diff" in tags.ids
    assert "from 2026-11-24 10:00" in tags.text
    [earlier] = sample_report().earlier
    assert earlier.findings[0].id in tags.text


def test_a_grid_that_is_wide_is_turned() -> None:
    report = html().split('id="step-access"')[1]
    headings = re.findall(r'<th scope="col"[^>]*>([^<]*)</th>', report.split("</table>")[0])
    assert headings == ["credential", *OPERATIONS]


def variables(scheme: str) -> dict[str, str]:
    light, dark = CSS.split("@media (prefers-color-scheme: dark)", 1)
    found = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", light))
    if scheme == "dark":
        found |= dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", dark.split("* {", 1)[0]))
    return found


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, "contrast ratio"."""
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_meet_wcag_aa(scheme: str) -> None:
    colours = variables(scheme)
    low = {
        (text, surface): contrast(colours[text], colours[surface])
        for pairs, least in ((TEXT_PAIRS, 4.5), (LINE_PAIRS, 3.0))
        for text, surface in pairs
        if contrast(colours[text], colours[surface]) < least
    }
    assert low == {}


def test_contrast_is_computed_as_the_standard_says() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("shape", ["line", "dots", "bar"])
def test_charts_take_the_pages_colours(shape: Any) -> None:
    points = (("a <b>", 1.0), ("b", 2.0)) if shape == "bar" else ((1.0, 1.0), (2.0, 3.0))
    svg = as_svg(Chart("t", "x", "y", (Series("s", points),), shape=shape))
    assert "var(--series-1)" in svg
    assert not re.search(r"#[0-9a-f]{3,6}\b", svg)
    assert "<b>" not in svg
    assert as_svg(Chart("t", "x", "y", (Series("s", ()),))) == ""


# Runs in the page: what leaves its box, what has too little contrast, what is too small to touch.
PROBE = """
<script>
addEventListener("load", () => {
  for (const each of document.querySelectorAll("details")) each.open = true;
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = (c) => c.slice(0, 3).map((v) => v / 255)
    .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const surface = (node) => {
    for (; node; node = node.parentElement) {
      const colour = rgba(getComputedStyle(node).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255, 255];
  };
  const low = [], texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let count = 0;
  while (texts.nextNode()) {
    const node = texts.currentNode.parentElement;
    const text = texts.currentNode.data.trim();
    if (!text || !node.checkVisibility() || node.closest("script")) continue;
    count += 1;
    const style = getComputedStyle(node);
    const ink = node.closest("svg") ? style.fill : style.color;
    const [a, b] = [luminance(rgba(ink)), luminance(surface(node))].sort((x, y) => x - y);
    if ((b + 0.05) / (a + 0.05) < 4.5) low.push(`${text.slice(0, 30)}: ${ink}`);
  }
  const small = [...document.querySelectorAll("button")].filter((b) => b.checkVisibility())
    .filter((b) => b.getBoundingClientRect().height < 24).map((b) => b.textContent);
  const first = document.querySelector(".grid button");
  first.focus();
  first.dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowDown", bubbles: true}));
  const moved = document.activeElement !== first && document.activeElement.matches(".grid button");
  const chosen = document.activeElement.title;
  document.querySelector("[data-show=critical]").click();
  const shown = [...document.querySelectorAll(".finding")].filter((f) => !f.hidden).length;
  const width = document.documentElement.scrollWidth;
  const drawings = [...document.querySelectorAll("svg")].filter((s) => s.clientWidth);
  const cut = drawings.flatMap((svg) => {
    const box = svg.getBoundingClientRect();
    return [...svg.querySelectorAll("text")].filter((text) => {
      const place = text.getBoundingClientRect();
      return place.left < box.left || place.right > box.right || place.top < box.top
        || place.bottom > box.bottom;
    }).map((text) => text.textContent);
  });
  document.querySelector('.grid th[scope="row"]').textContent = "anonymous";  // a case's name
  const torn = [...document.querySelectorAll('.grid th[scope="row"]')].flatMap((head) => {
    const text = head.firstChild;
    return [...text.data.matchAll(/(?<!\\S)[a-z]{2,14}(?!\\S)/g)].filter((word) => {
      const range = document.createRange();
      range.setStart(text, word.index);
      range.setEnd(text, word.index + word[0].length);
      return new Set([...range.getClientRects()].map((part) => part.top)).size > 1;
    }).map((word) => word[0]);
  });
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  parent.document.body.dataset.result =
    JSON.stringify({count, low, small, width, drawings: drawings.length, cut, dark, moved, chosen,
      shown, torn});
});
</script>
"""


def in_chromium(folder: Path, width: int, scheme: str) -> dict[str, Any]:
    """Load the page in a frame of that width, and return what it measures of itself."""
    probe = html().replace("</body>", PROBE + "</body>")
    dark = f"color-scheme: {scheme}"
    (folder / "frame.html").write_text(
        f"<body style='margin: 0'><iframe style='width: {width}px; height: 900px; border: 0;"
        f" {dark}' srcdoc='{probe.replace(chr(38), '&amp;').replace(chr(39), '&#39;')}'></iframe>",
        "utf-8",
    )
    done = subprocess.run(  # noqa: S603  # Chromium, with our own page
        [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
         "--no-first-run", "--disable-background-networking", "--disable-component-update",
         "--disable-sync", f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=3000",
         "--dump-dom", (folder / "frame.html").as_uri()],
        capture_output=True, text=True, check=True, timeout=100,
    )  # fmt: skip
    tags = re.search(r'<body[^>]*data-result="([^"]*)"', done.stdout)
    assert tags, done.stderr[-2000:]
    result: dict[str, Any] = json.loads(tags[1].replace("&quot;", '"').replace("&amp;", "&"))
    return result


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (Debian: chromium)")
@pytest.mark.parametrize("width", [400, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_in_a_browser(tmp_path: Path, width: int, scheme: str) -> None:
    found = in_chromium(tmp_path, width, scheme)
    assert found["dark"] is (scheme == "dark")
    assert found["count"] > 300
    assert found["low"] == []  # contrast under 4.5:1
    assert found["small"] == []  # WCAG 2.2, 2.5.8: 24 pixels
    assert found["width"] <= width  # nothing makes the page itself scroll sideways
    assert found["drawings"] >= 2
    assert found["cut"] == []  # every word of a chart is inside it
    assert found["torn"] == []  # no word of a case's name goes over two lines
    assert found["moved"]
    assert found["chosen"]
    assert found["shown"] == 1
