// The films on screen as CSV, with the window they are of.
const COLUMNS = [
  ["rank", (film) => film.rank], ["movie_id", (film) => film.movie_id], ["title", (film) => film.title], ["year", (film) => film.year],
  ["trend_score", (film) => film.trend_score], ["popularity_points", (film) => film.parts.popularity.points], ["mentions_points", (film) => film.parts.mentions.points],
  ["sentiment_points", (film) => film.parts.sentiment.points], ["popularity", (film) => film.popularity.value], ["popularity_as_of", (film) => film.popularity.as_of],
  ["mentions", (film) => film.mentions.count], ["sentiment_mean", (film) => film.sentiment.mean], ["sentiment_n", (film) => film.sentiment.n],
  ["growth", (film) => film.momentum?.growth], ["forecast", (film) => film.forecast?.predicted], ["forecast_lower", (film) => film.forecast?.lower],
  ["forecast_upper", (film) => film.forecast?.upper], ["forecast_target_end", (film) => film.forecast?.target_end],
];

/** A cell; a text that a spreadsheet would run as a formula gets an apostrophe. */
export function cell(value) {
  if (value === null || value === undefined) return "";
  const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The text of the file. Unknown values are empty cells. */
export function csvOf({ window, films }) {
  const head = ["window_start", "window_end", ...COLUMNS.map(([name]) => name)];
  const rows = films.map((film) => [window.start, window.end, ...COLUMNS.map(([, read]) => read(film))]);
  return `${[head, ...rows].map((row) => row.map(cell).join(",")).join("\r\n")}\r\n`;
}

/** Hand the file to the browser. */
export function downloadCsv(data) {
  const url = URL.createObjectURL(new Blob([csvOf(data)], { type: "text/csv" }));
  const link = Object.assign(document.createElement("a"), { href: url, download: `trendscope-${data.window.end.replaceAll(":", "")}.csv` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
