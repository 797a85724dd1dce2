// The title of a chart in as many lines as it needs beside the two words in the corner.

const CORNER = 72; // CSS pixels of the first line that are not the title's
const EDGE = 10;
export const LINE = 16;
/** CSS pixels above a title. */
export const TOP = 4;
/** Of the height of letters: by so much Plotly sets several lines higher than one. */
export const RISE = 0.7;

/**
 * @param {string} title as Plotly takes it: some of HTML, lines ended by <br> @param {number} room of the chart, CSS pixels
 * @param {(words: string) => number} measure the width of plain words
 * @returns {string[]} the lines
 */
export function linesOf(title, room, measure) {
  const lines = /** @type {string[]} */ ([]);
  for (const given of title.split("<br>")) {
    let line = "";
    for (const word of given.split(/ (?![^<]*>)/)) {
      const longer = line ? `${line} ${word}` : word;
      const most = room - (lines.length ? EDGE : CORNER);
      if (line && measure(plainly(longer)) > most) {
        lines.push(line.replace(/( ?&nbsp;)+$/, ""));
        line = word === "&nbsp;" ? "" : word;
      } else line = longer;
    }
    lines.push(line);
  }
  return lines;
}

/** @param {string} words */
function plainly(words) {
  return words.replace(/<[^>]*>/g, "").replace(/&nbsp;/g, "\u00a0");
}
