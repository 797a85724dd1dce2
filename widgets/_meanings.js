// The colours that mean something, [in light, in dark], declared here once: Python and the style sheets read this object as JSON (widgets/palette.py).
export const MEANINGS = {
  "real": ["#1c2230", "#e8ebf1"],
  "context": ["#0072b2", "#0072b2"],
  "target": ["#e69f00", "#e69f00"],
  "predicted": ["#cc79a7", "#cc79a7"],
  "teacher-forced": ["#009e73", "#2ec598"],
  "open loop": ["#d55e00", "#ff8a3d"],
  "impossible": ["#b0427f", "#cc79a7"],
  "tried": ["#0072b2", "#56b4e9"],
  "control": ["#7a8291", "#98a1b0"],
  "edit": ["#ff8a3d", "#ff8a3d"]
};
