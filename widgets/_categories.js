// Colours of categories, [in light, in dark]: eight that stay apart with every common kind of colour blindness (Okabe and Ito, adjusted to the two grounds),
// then the one of all others. Declared here once: Python reads this list as JSON (widgets/palette.py).
export const CATEGORIES = [
  ["#0072b2", "#3b94dd"],
  ["#e69f00", "#e69f00"],
  ["#009e73", "#22b58a"],
  ["#cc79a7", "#d98ab6"],
  ["#d55e00", "#e8702a"],
  ["#56b4e9", "#93d5ff"],
  ["#1c2230", "#e8ebf1"],
  ["#b3a000", "#f0e442"],
  ["#9aa1ad", "#6b7382"]
];
