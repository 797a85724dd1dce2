import assert from "node:assert/strict";
import test from "node:test";
import { MODEL, follow, latch, letGo, letGoOfAll, noHold, reasonOfKey, release, shown, sourceOfKey, take } from "../../widgets/_hold.js";

test("a held source is shown until it is let go", () => {
  const hold = noHold();
  take(hold, "key:KeyR", "twin");
  assert.equal(shown(hold), "twin");
  assert.ok(letGo(hold, "key:KeyR"));
  assert.equal(shown(hold), MODEL);
});

test("of two held sources the later one is shown, and the earlier one comes back", () => {
  const hold = noHold();
  take(hold, "key:KeyR", "twin");
  take(hold, "pointer:1", "other");
  assert.equal(shown(hold), "other");
  letGo(hold, "pointer:1");
  assert.equal(shown(hold), "twin");
});

test("a latch outlives the window losing the keyboard, a held key does not", () => {
  const hold = noHold();
  latch(hold, "pixels");
  take(hold, "key:KeyR", "twin");
  letGoOfAll(hold);
  assert.equal(shown(hold), "pixels");
  latch(hold, "pixels");
  assert.equal(shown(hold), MODEL);
});

test("letting go of what was never held says so", () => {
  assert.equal(letGo(noHold(), "key:KeyX"), false);
  assert.equal(release(noHold()), false);
});

test("a source chosen from outside stays, and ends what is held", () => {
  const hold = noHold();
  take(hold, "key:KeyR", "twin");
  follow(hold, "twin");
  assert.ok(letGo(hold, "key:KeyR"), "the echo of our own choice changes nothing");
  follow(hold, "other");
  assert.equal(shown(hold), "other");
  assert.ok(release(hold));
});

test("a key names its source in either case, but not one that is off", () => {
  const sources = [{ id: "twin", key: "R" }, { id: "position", key: "0", enabled: false }];
  assert.equal(sourceOfKey(sources, "r"), "twin");
  assert.equal(sourceOfKey(sources, "0"), undefined);
});

test("a key of a source that is off has the reason, others have none", () => {
  const sources = [{ key: "R" }, { key: "B", enabled: false, reason: "No second model is open." }, { key: "0", enabled: false }];
  assert.equal(reasonOfKey(sources, "b"), "No second model is open.");
  assert.equal(reasonOfKey(sources, "0"), "Not available here.");
  assert.equal(reasonOfKey(sources, "r"), "");
  assert.equal(reasonOfKey(sources, "x"), "");
});
