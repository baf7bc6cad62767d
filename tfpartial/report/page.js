// Tables whose headings sort, and a field that filters their rows. Without script the tables stand as they are, worst first.
"use strict";
const order = new Intl.Collator(undefined, { numeric: true });

function value(row, column) {
  const text = row.cells[column].textContent.trim();
  const number = parseFloat(text.replace("<", "")); // p-values may be <0.001
  return { text, number, none: text === "–" || text === "" };
}

function compare(a, b, numeric, sign) {
  if (a.none !== b.none) return a.none ? 1 : -1; // what is undefined stays at the end
  return sign * (numeric ? a.number - b.number : order.compare(a.text, b.text));
}

function sort(table, heading) {
  const column = Number(heading.dataset.column);
  const ascending = heading.getAttribute("aria-sort") !== "ascending";
  const body = table.tBodies[0];
  const rows = Array.from(body.rows, (row) => [value(row, column), row]);
  rows.sort(([a], [b]) => compare(a, b, heading.dataset.sort === "number", ascending ? 1 : -1));
  table.querySelectorAll("th[aria-sort]").forEach((other) => other.removeAttribute("aria-sort"));
  heading.setAttribute("aria-sort", ascending ? "ascending" : "descending");
  body.append(...rows.map(([, row]) => row));
}

for (const table of document.querySelectorAll("table.sortable")) {
  for (const heading of table.querySelectorAll("th[data-sort]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => sort(table, heading));
  }
}

for (const field of document.querySelectorAll("input[data-filters]")) {
  const rows = document.getElementById(field.dataset.filters).tBodies[0].rows;
  const line = field.closest("p");
  const count = line.querySelector("output");
  line.hidden = false;
  field.addEventListener("input", () => {
    const words = field.value.toLowerCase().split(/\s+/);
    let shown = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      shown += !row.hidden;
    }
    count.textContent = `${shown} of ${rows.length} rows`;
  });
}
