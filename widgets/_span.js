// Numbers on a span with a step: where they lie, how they are kept inside and how they are written. No DOM here.

/** @typedef {{min?: number, max?: number, step?: number, unit?: string}} Span */

/** Inside the span and on its steps, counted from its least number. @param {Span} span @param {number} value @returns {number} */
export function fit(span, value) {
  const { min = -Infinity, max = Infinity, step = 1 } = span;
  const from = Number.isFinite(min) ? min : 0;
  const stepped = from + Math.round((value - from) / step) * step;
  return clean(span, Math.min(max, Math.max(min, stepped)));
}

/** How many decimals the span is written with. @param {Span} span @returns {number} */
export function decimals(span) {
  return Math.max(...[span.step ?? 1, span.min ?? 0].map((value) => places(value)));
}

/** Without the dust of floating-point steps. @param {Span} span @param {number} value @returns {number} */
export function clean(span, value) {
  return Number(value.toFixed(Math.max(decimals(span), places(span.max ?? 0))));
}

/** A value as it is shown, with a true minus. @param {Span} span @param {number} value @returns {string} */
export function written(span, value) {
  return value.toFixed(decimals(span)).replace("-", "−");
}

/** One value or a range. @param {Span} span @param {...number} values @returns {string} */
export function figuresOf(span, ...values) {
  return values.map((value) => written(span, value)).join("–");
}

/** One value or a range with its unit. @param {Span} span @param {...number} values @returns {string} */
export function reading(span, ...values) {
  const text = figuresOf(span, ...values);
  return span.unit ? `${text} ${span.unit}` : text;
}

/** Characters that the longest figures need, so that nothing moves while a thumb does; a point takes half of one. @param {Span} span @param {number} count values in it @returns {number} */
export function readingWidth(span, count) {
  const ends = [span.min ?? 0, span.max ?? 0].map((value) => written(span, value).length);
  return Math.max(...ends) * count + (count - 1) - (decimals(span) ? count / 2 : 0);
}

/** Where a value lies between the ends, 0 to 1. @param {Span} span @param {number} value @returns {number} */
export function share(span, value) {
  const { min = 0, max = 1 } = span;
  return max > min ? (value - min) / (max - min) : 0;
}

/**
 * A range after one of its thumbs moved: it stops at the other one.
 * @param {[number, number]} held @param {0 | 1} thumb @param {number} value
 * @returns {[number, number]}
 */
export function moved(held, thumb, value) {
  return thumb === 0 ? [Math.min(value, held[1]), held[1]] : [held[0], Math.max(value, held[0])];
}

/** @param {number} value @returns {number} */
function places(value) {
  const [digits, power] = String(value).split("e");
  return Math.max(0, (digits.split(".")[1] ?? "").length - Number(power ?? 0));
}
