// Everything can be read without it: it filters, copies, and lets arrow keys walk through grids.
"use strict";
const all = (selector, root = document) => [...root.querySelectorAll(selector)];

for (const button of all(".filters button")) {
  button.addEventListener("click", () => {
    all(".filters button").forEach((other) =>
      other.setAttribute("aria-pressed", String(other === button)));
    const wanted = button.dataset.show;
    all(".finding").forEach((finding) => {
      finding.hidden = wanted !== "all" && finding.dataset.severity !== wanted;
    });
  });
}

for (const button of all(".copy")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.textContent = "Copied";
  });
}

const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
for (const grid of all(".grid")) {
  const rows = [...grid.tBodies[0].rows].map((row) => all("td", row));
  const chosen = document.getElementById(grid.dataset.chosen);
  const buttons = all("td button", grid);
  buttons.forEach((button, number) => {
    button.tabIndex = number ? -1 : 0; // one stop for the Tab key, arrow keys inside
    button.addEventListener("focus", () => {
      buttons.forEach((other) => { other.tabIndex = other === button ? 0 : -1; });
      chosen.textContent = button.title;
    });
    button.addEventListener("click", () => button.focus());
  });
  grid.addEventListener("keydown", (event) => {
    const cell = event.target.closest("td");
    let y = rows.findIndex((cells) => cells.includes(cell));
    if (y < 0) return;
    let x = rows[y].indexOf(cell);
    let target;
    if (event.key === "Home" || event.key === "End") {
      const filled = all("button", rows[y][0].parentElement);
      target = filled.at(event.key === "Home" ? 0 : -1);
    } else if (STEPS[event.key]) {
      const [down, right] = STEPS[event.key];
      do { y += down; x += right; target = rows[y]?.[x]?.querySelector("button"); }
      while (!target && rows[y]?.[x]);
    } else return;
    event.preventDefault();
    target?.focus();
  });
}

const opened = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
for (let node = opened; node; node = node.parentElement?.closest("details")) node.open = true;
if (opened) opened.scrollIntoView();
