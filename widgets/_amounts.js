// Amounts in words that people read: 0.47 M parameters, 1.9 MB, 16 × 3 × 8 × 8. No DOM here.

/** A count of parameters. @param {number} n @returns {string} */
export function parameters(n) {
  if (n >= 1e9) return `${(n / 1e9).toFixed(2)} B`;
  if (n >= 1e5) return `${(n / 1e6).toFixed(2)} M`;
  if (n >= 1e4) return `${(n / 1e3).toFixed(1)} k`;
  return grouped(n);
}

/** A size in memory or in a file, in decimal units. @param {number} n @returns {string} */
export function bytes(n) {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let size = n;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? size : size.toFixed(size < 10 ? 1 : 0)} ${units[unit]}`;
}

/** A shape; a tensor of no axes is a scalar. @param {number[]} shape @returns {string} */
export function shape(shape) {
  return shape.length ? shape.join(" × ") : "scalar";
}

/** A whole number with thin gaps between thousands. @param {number} n @returns {string} */
export function grouped(n) {
  return String(n).replace(/\B(?=(\d{3})+$)/g, "\u2009");
}

/** "1 tensor", "2 tensors". @param {number} n @param {string} thing @returns {string} */
export function many(n, thing) {
  return `${grouped(n)} ${thing}${n === 1 ? "" : "s"}`;
}

/** A value of a fact as it is read: lists as 224 × 224, truth as yes or no. @param {any} value @returns {string} */
export function plain(value) {
  if (Array.isArray(value)) return value.length && value.every((n) => Number.isInteger(n) && n > 0) ? shape(value) : value.map(plain).join(", ");
  if (value === null || value === undefined) return "—";
  if (typeof value === "boolean") return value ? "yes" : "no";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
