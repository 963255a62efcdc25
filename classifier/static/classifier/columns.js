// Offers the columns of a CSV file that was chosen, and picks those whose names tell.
"use strict";

const HEADER_BYTES = 65536;
const USUAL_NAMES = {
  id_column: /^(description|text|memo|narrative|details|payee|merchant)$/i,
  id_amount_column: /^(amount|value|betrag|montant)$/i,
};

function columnsOf(text) {
  const header = text.replace(/^\uFEFF/, "").split(/\r?\n/, 1)[0];
  const count = (delimiter) => header.split(delimiter).length;
  const delimiter = [",", ";", "\t", "|"].reduce((best, each) => (count(each) > count(best) ? each : best));
  return header.split(delimiter).map((name) => name.trim().replace(/^"(.*)"$/, "$1"));
}

document.getElementById("id_file").addEventListener("change", async (event) => {
  const file = event.target.files[0];
  const options = document.getElementById("columns");
  options.replaceChildren();
  if (!file || /\.(ndjson|jsonl)$/i.test(file.name)) return;
  const columns = columnsOf(await file.slice(0, HEADER_BYTES).text());
  options.append(...columns.map((name) => new Option(name, name)));
  for (const [id, usual] of Object.entries(USUAL_NAMES)) {
    const field = document.getElementById(id);
    if (!columns.includes(field.value)) field.value = columns.find((name) => usual.test(name)) ?? field.value;
  }
});
