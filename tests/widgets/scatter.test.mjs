import assert from "node:assert/strict";
import { test } from "node:test";
import { around, closeness, panned, resized, toClip, toData, toScreen, whole, zoomed } from "../../widgets/_scatter_camera.js";
import { crowding, gridOf, nearest, ranked } from "../../widgets/_scatter_grid.js";
import { drawMarks } from "../../widgets/_scatter_marks.js";
import { combined, extend, howOf, rectangle, taken, within } from "../../widgets/_scatter_region.js";
import { endsOf, hasRings, inkOf, inkOfValue, placesOf, tableOf } from "../../widgets/_scatter_look.js";
import { createState } from "../../widgets/_scatter_state.js";
import { extentOf, NO_LABEL, OTHER, pack, searched, shuffled, slotsOf, tally, total, unpack, visibleOf } from "../../widgets/_scatter_rows.js";

let seed = 7;
const random = () => ((seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648);
const cloud = (n) => Float32Array.from({ length: n * 2 }, () => random() * 20 - 5);
const POINTS = cloud(3000);
const ORDER = shuffled(POINTS);
const EXTENT = extentOf(POINTS);
const GRID = gridOf(POINTS, ORDER, EXTENT);
const ALL = new Uint8Array(3000).fill(1);
const farTo = (x, y) => (row) => (POINTS[row * 2] - x) ** 2 + (POINTS[row * 2 + 1] - y) ** 2;

test("screen and data lead to each other, y upwards", () => {
  const camera = zoomed(whole(EXTENT, 900, 500), 7, 200, 300, EXTENT);
  const [x, y] = toData(camera, 123, 45);
  const back = toScreen(camera, x, y);
  assert.ok(Math.abs(back[0] - 123) < 1e-9 && Math.abs(back[1] - 45) < 1e-9);
  assert.ok(toData(camera, 0, 0)[1] > toData(camera, 0, 500)[1]);
});

test("all points are within the whole picture, and clip space agrees with the screen", () => {
  const camera = whole(EXTENT, 640, 480);
  const { scale, offset } = toClip(camera, EXTENT);
  for (let row = 0; row < 3000; row++) {
    const [left, top] = toScreen(camera, POINTS[row * 2], POINTS[row * 2 + 1]);
    assert.ok(left >= 0 && left <= 640 && top >= 0 && top <= 480);
    const u = ((POINTS[row * 2] - EXTENT.x) / EXTENT.half) * scale[0] + offset[0];
    const v = ((POINTS[row * 2 + 1] - EXTENT.y) / EXTENT.half) * scale[1] + offset[1];
    assert.ok(Math.abs((u + 1) * 320 - left) < 1e-6 && Math.abs((1 - v) * 240 - top) < 1e-6);
  }
});

test("zooming keeps what is under the pointer, and stops at both ends", () => {
  let camera = whole(EXTENT, 640, 480);
  const held = toData(camera, 100, 50);
  camera = zoomed(camera, 3, 100, 50, EXTENT);
  assert.ok(Math.hypot(toData(camera, 100, 50)[0] - held[0], toData(camera, 100, 50)[1] - held[1]) < 1e-9);
  assert.ok(Math.abs(closeness(camera, EXTENT) - 3) < 1e-9);
  for (let i = 0; i < 100; i++) camera = zoomed(camera, 3, 100, 50, EXTENT);
  assert.ok(Number.isFinite(camera.unit) && camera.unit > 0);
  for (let i = 0; i < 100; i++) camera = zoomed(camera, 1 / 3, 100, 50, EXTENT);
  assert.ok(closeness(camera, EXTENT) > 0.3);
});

test("panning moves with the hand and cannot lose the points", () => {
  const camera = whole(EXTENT, 640, 480);
  const moved = panned(camera, 10, -20, EXTENT);
  assert.ok(Math.abs(toScreen(moved, camera.x, camera.y)[0] - 330) < 1e-9 && Math.abs(toScreen(moved, camera.x, camera.y)[1] - 220) < 1e-9);
  const far = panned(camera, 1e9, 1e9, EXTENT);
  assert.ok(Math.abs(far.x - EXTENT.x) <= EXTENT.half + 640 * camera.unit);
});

test("one point, and points that are all alike, still have a picture", () => {
  for (const points of [Float32Array.of(3, 4), new Float32Array(20).fill(2), new Float32Array(0), Float32Array.of(NaN, 1, Infinity, 2)]) {
    const extent = extentOf(points);
    const camera = whole(extent, 300, 200);
    assert.ok(camera.unit > 0 && Number.isFinite(camera.unit) && extent.half > 0);
    assert.equal(gridOf(points, shuffled(points), extent).rows.length, extent.finite);
  }
  assert.ok(around([1, 1], [1, 1], EXTENT, 300, 200).unit > 0);
});

test("a resize keeps the middle and shows no less", () => {
  const camera = resized(whole(EXTENT, 640, 480), 320, 480);
  assert.equal(camera.x, EXTENT.x);
  assert.ok(toScreen(camera, EXTENT.low[0], EXTENT.y)[0] >= 0);
});

test("the nearest point is the one that a full search finds", () => {
  for (let i = 0; i < 300; i++) {
    const [x, y, radius] = [random() * 24 - 7, random() * 24 - 7, random() * 2];
    const far = farTo(x, y);
    const best = [...ORDER].sort((a, b) => far(a) - far(b) || a - b)[0];
    assert.equal(nearest(GRID, x, y, radius, ALL), far(best) <= radius * radius ? best : -1);
  }
});

test("a hidden point is never the nearest", () => {
  const first = nearest(GRID, 3, 3, 5, ALL);
  const allowed = ALL.slice();
  allowed[first] = 0;
  const second = nearest(GRID, 3, 3, 5, allowed);
  assert.notEqual(second, first);
  assert.ok(farTo(3, 3)(second) >= farTo(3, 3)(first));
});

test("neighbours come in the order of their distance, from anywhere", () => {
  const allowed = Uint8Array.from(ALL, (_, row) => row % 3 && 1);
  for (const [x, y] of [[1, 1], [-30, 40], [15, 15]]) {
    const far = farTo(x, y);
    const wanted = [...ORDER].filter((row) => allowed[row]).sort((a, b) => far(a) - far(b) || a - b).slice(0, 40);
    assert.deepEqual(ranked(GRID, x, y, 40, allowed), wanted);
  }
  assert.equal(ranked(GRID, 0, 0, 5000, ALL).length, 3000);
  assert.deepEqual(ranked(GRID, 0, 0, 5, new Uint8Array(3000)), []);
  assert.ok(crowding(GRID) >= 6);
});

test("a point is in a polygon when its winding is odd: concave shapes and holes by crossing", () => {
  const horseshoe = Float64Array.of(0, 0, 6, 0, 6, 6, 4, 6, 4, 2, 2, 2, 2, 6, 0, 6);
  assert.ok(within(horseshoe, 1, 5) && within(horseshoe, 5, 5) && within(horseshoe, 3, 1));
  assert.ok(!within(horseshoe, 3, 4) && !within(horseshoe, 7, 1) && !within(horseshoe, -1, 1));
  const bow = Float64Array.of(0, 0, 4, 4, 4, 0, 0, 4);
  assert.ok(within(bow, 0.5, 2) && within(bow, 3.5, 2) && !within(bow, 2, 0.5));
});

test("rectangles that share an edge share no point and lose none", () => {
  const points = Float32Array.from({ length: 22 }, (_, i) => (i % 2 ? 0.5 : Math.floor(i / 2) / 2));
  const allowed = new Uint8Array(11).fill(1);
  const [left, right] = [rectangle([0, 0], [2.5, 1]), rectangle([2.5, 0], [5.5, 1])].map((corners) => taken(points, allowed, Float64Array.from(corners.flat())));
  left.forEach((flag, row) => assert.equal(flag + right[row], 1));
});

test("a stroke takes only rows that are seen, adds, and removes", () => {
  const seen = Uint8Array.from(ALL, (_, row) => row % 2);
  const stroke = taken(POINTS, seen, Float64Array.from([[-9, -9], [30, -9], [30, 30], [-9, 30]].flat()));
  assert.deepEqual(stroke, seen);
  const before = new Uint8Array(3000);
  before[0] = 1;
  assert.deepEqual([...combined(before, stroke, "add").subarray(0, 4)], [1, 1, 0, 1]);
  assert.deepEqual([...combined(ALL, stroke, "remove").subarray(0, 4)], [1, 0, 1, 0]);
  assert.deepEqual(combined(before, stroke, "replace"), stroke);
  assert.equal(total(taken(POINTS, seen, Float64Array.of(0, 0, 1, 1))), 0);
  assert.deepEqual([howOf({ shiftKey: true, altKey: false }), howOf({ shiftKey: true, altKey: true }), howOf({ shiftKey: false, altKey: false })], ["add", "remove", "replace"]);
  const path = [];
  for (const to of [[0, 0], [1, 0], [3, 0]]) extend(path, to);
  assert.deepEqual(path, [[0, 0], [3, 0]]);
});

test("rows go to bits and back, and no row is no text", () => {
  for (const n of [1, 8, 9, 100000]) {
    const rows = Uint8Array.from({ length: n }, (_, row) => Number(row === n - 1 || random() > 0.6));
    assert.deepEqual(unpack(pack(rows), n), rows);
  }
  assert.equal(pack(new Uint8Array(9)), "");
  assert.equal(pack(Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0, 1)), "AQI=");
});

test("the order of drawing has every finite row once and is always the same", () => {
  const points = Float32Array.of(0, 0, NaN, 1, 2, 2, 3, Infinity, 4, 4);
  assert.deepEqual([...shuffled(points)].sort(), [0, 2, 4]);
  assert.deepEqual(shuffled(POINTS), ORDER);
  assert.deepEqual([...ORDER].sort((a, b) => a - b), Array.from({ length: 3000 }, (_, row) => row));
  assert.equal(extentOf(points).finite, 3);
});

test("filters by category, value and mask hold together; a missing value passes no window", () => {
  const points = new Float32Array(12);
  points[10] = NaN;
  const base = { codes: Uint16Array.of(0, 1, 2, NO_LABEL, 0, 0), hidden: [], values: Float32Array.of(0.1, 0.2, 0.3, 0.4, NaN, 1), window: [], masks: [] };
  const seen = (/** @type {object} */ more) => [...visibleOf(shuffled(points), 6, { ...base, ...more })].join("");
  assert.equal(seen({}), "111110");
  assert.equal(seen({ hidden: [0, NO_LABEL] }), "011000");
  assert.equal(seen({ window: [0.1, 0.3] }), "111000");
  assert.equal(seen({ hidden: [1], window: [0.1, 0.3], masks: [Uint8Array.of(0, 1, 1, 1, 1, 1)] }), "001000");
});

test("a search finds names and labels in any case", () => {
  const rows = searched("RoSe", ["a rose", "b", "c"], ["Prose", "tulip"], Uint16Array.of(1, 0, NO_LABEL), 3);
  assert.deepEqual([...rows], [1, 1, 0]);
});

test("a legend counts every row once", () => {
  const codes = Uint16Array.of(0, 1, 1, NO_LABEL, 1);
  const { one, both } = tally(codes, 2, Uint8Array.of(1, 1, 1, 1, 0), Uint8Array.of(0, 1, 0, 1, 1));
  assert.deepEqual([[...one], [...both]], [[1, 2, 1], [0, 1, 1]]);
});

test("up to sixteen categories keep their order, of more the largest have a look of their own", () => {
  assert.deepEqual([...slotsOf([5, 1, 9])], [0, 1, 2]);
  const counts = Array.from({ length: 20 }, (_, code) => (code % 2 ? 100 - code : code));
  const slots = slotsOf(counts);
  assert.deepEqual([slots[1], slots[3], slots[0], slots[2]], [0, 1, OTHER, OTHER]);
  assert.equal(new Set(slots).size, 17);
});

test("rings are drawn where points are few; elsewhere their categories share grey", () => {
  const shade = { by: "category", codes: new Uint16Array(0), slots: new Uint8Array(0), values: new Float32Array(0), ends: [0, 1], map: "cividis" };
  assert.ok(hasRings(shade, 1000) && !hasRings(shade, 1e6) && !hasRings({ ...shade, by: "value" }, 10));
  assert.equal(inkOf(9, true, false), inkOf(1, true, false));
  assert.equal(inkOf(9, false, false), inkOf(OTHER, true, false));
  const table = tableOf(shade, false, true);
  assert.deepEqual([...table.subarray(27, 30)], [...table.subarray(OTHER * 3, OTHER * 3 + 3)]);
});

test("low values are seen on a dark ground too, in the order of the scale", () => {
  const shade = { by: "value", codes: new Uint16Array(0), slots: new Uint8Array(0), values: new Float32Array(0), ends: [0, 1], map: "cividis" };
  const brightness = (of) => 0.2126 * of[0] + 0.7152 * of[1] + 0.0722 * of[2];
  const dark = Array.from({ length: 255 }, (_, level) => inkOfValue("cividis", level, true));
  assert.deepEqual([...tableOf(shade, false, true).subarray(0, 765)], dark.flat());
  assert.ok(Math.min(...dark.map(brightness)) > 90 && brightness(inkOfValue("cividis", 0, false)) < 40);
  assert.ok(dark.every((ink, i) => i === 0 || Math.hypot(...ink.map((part, k) => part - dark[i - 1][k])) < 8));
});

test("values go to the table by their ends, beyond them to the last colour, unknown ones to grey", () => {
  const values = Float32Array.of(0, 5, 10, -3, 99, NaN);
  assert.deepEqual([...placesOf({ by: "value", codes: new Uint16Array(0), slots: new Uint8Array(0), values, ends: [0, 10], map: "cividis" }, 6)], [0, 127, 254, 0, 254, 255]);
  assert.deepEqual(endsOf([], values, "cividis"), [-3, 99]);
  assert.deepEqual(endsOf([], values, "signed"), [-99, 99]);
  assert.deepEqual(endsOf([], Float32Array.of(2, 2), "cividis"), [1.5, 2.5]);
  assert.deepEqual(endsOf([0, 1], values, "cividis"), [0, 1]);
});

/** What is drawn of trajectories: lines and arcs, in order. */
function drawn(shown, selected = [], seen = [1, 1, 1, 1, 1, 1], paths = [[0, 1, 2], [5, 4294967295, 3]]) {
  const lines = [];
  const rings = [];
  let line = [];
  const known = {
    canvas: { width: 100 },
    beginPath: () => (line = []),
    lineTo: (x, y) => line.push([x, y]),
    stroke: () => line.length && lines.push(line),
    arc: (x, y) => rings.push([x, y]),
  };
  const pen = new Proxy(known, { get: (of, name) => of[name] ?? (() => {}), set: () => true });
  const points = Float32Array.of(0, 0, 10, 0, 20, 0, 30, 0, 40, 0, 50, 0);
  const state = { points, count: 6, paths: paths.map((path) => Uint32Array.from(path)), seen: Uint8Array.from(seen), selected: Uint8Array.from({ length: 6 }, (_, row) => selected.includes(row)), anchors: [], labels: [] };
  drawMarks(pen, state, { x: 50, y: 50, unit: 1, width: 100, height: 100 }, { kinds: {} }, { path: -1, tick: -1, hover: -1, from: -1, to: [], kinds: [], names: false, ...shown }, [], 4);
  return { lines: lines.map((each) => each.map(([x]) => x)), rings: [...new Set(rings.map(([x]) => x))] };
}

test("a trajectory runs in the order of time past steps without a row, and the time cursor marks one of its points", () => {
  assert.deepEqual(drawn({ tick: 1 }).lines, [[0, 10, 20], [50, 30]]);
  assert.deepEqual(drawn({ tick: 1 }).rings, [], "none is pointed at, selected or in sight");
  assert.deepEqual(drawn({ tick: 1, path: 0 }).rings, [10]);
  assert.deepEqual(drawn({ tick: 2, hover: 5 }).rings.slice(0, 1), [30]);
  assert.deepEqual(drawn({ tick: 1, hover: -1 }, [3]).rings, [], "the second has no row at that step");
  assert.deepEqual(drawn({ tick: 0 }, [1, 3]).rings, [0, 50]);
  assert.deepEqual(drawn({ tick: 1, path: 0 }, [], [1, 0, 1, 1, 1, 1]), { lines: [[0, 20], [0, 20], [50, 30]], rings: [] }, "a filtered point is left out");
});

test("of many trajectories only those that are pointed at or selected are drawn", () => {
  const many = Array.from({ length: 30 }, (_, k) => (k === 7 ? [3, 4] : [0, 1]));
  assert.deepEqual(drawn({ hover: 4 }, [], undefined, many).lines[0], [30, 40]);
  assert.equal(drawn({}, [], undefined, many).lines.length, 0);
});

test("a category that is to stand out does so until something is selected or another is pointed at", () => {
  const bytes = (of) => new DataView(of.buffer);
  const none = { labels: ["a", "b"], value_range: [], colour_map: "cividis", hidden: [], window: [], filters: [], query: "", search: "browser", names: [], found: "", found_query: "", path_lengths: [] };
  const traits = { ...none, count: 4, points: bytes(Float32Array.of(0, 0, 1, 0, 2, 0, 3, 0)), colour: "category", category: bytes(Uint16Array.of(0, 1, NO_LABEL, 1)), value: bytes(new Uint8Array(0)), paths: bytes(new Uint8Array(0)), selected: "", lit: 1 };
  const state = createState({ get: (name) => traits[name] });
  const apart = () => Array.from(state.members[1], (place) => state.order[place]).sort();
  state.follow(new Set(["all"]));
  assert.deepEqual(apart(), [1, 3]);
  state.light(0);
  assert.deepEqual(apart(), [0]);
  state.light(-1);
  traits.selected = pack(Uint8Array.of(0, 0, 1, 0));
  state.follow(new Set(["selected"]));
  assert.deepEqual(apart(), [2]);
  Object.assign(traits, { selected: "", lit: -1 });
  state.follow(new Set(["selected", "lit"]));
  assert.deepEqual(apart(), []);
});
