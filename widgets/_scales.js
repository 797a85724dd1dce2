// Colours of values, evenly from the low to the high end: cividis, and brown to teal with 0 in the middle. Declared here once: Python reads this object as JSON (widgets/palette.py).
export const SCALES = {
  "cividis": [
    "#00204c", "#00265a", "#002b68", "#00306f", "#06366e", "#1e3c6c", "#2c416b", "#37476b", "#414d6b", "#49536b", "#51586c",
    "#595e6d", "#60646e", "#686a70", "#6f6f72", "#757575", "#7c7b78", "#838178", "#8b8778", "#938d78", "#9b9377", "#a39a75",
    "#aba174", "#b4a771", "#bcae6e", "#c5b56b", "#cdbc67", "#d6c363", "#dfcb5d", "#e8d257", "#f1da50", "#fbe147", "#ffe945"
  ],
  "signed": [
    "#543005", "#8c510a", "#bf812d", "#dfc27d", "#f6e8c3", "#f5f5f5", "#c7eae5", "#80cdc1", "#35978f", "#01665e", "#003c30"
  ]
};
