import assert from "node:assert/strict";
import { test } from "node:test";
import { formatPoints, parsePoints } from "../../../wasm_export/page/csv.js";
import {
  formatHash,
  makeRules,
  nameNumber,
  parseHash,
  parseSetting,
  sliderPosition,
  sliderValue,
} from "../../../wasm_export/page/settings.js";
import { decodePoints, encodePoints } from "../../../wasm_export/page/sharing.js";
import { formatWeights, parseWeights } from "../../../wasm_export/page/network.js";
import { drawWeights } from "../../../wasm_export/page/weights.js";

const rules = makeRules({ run: "Run", xor: "XOR" }, { "relu-1": "ReLU" }, { sgd: "SGD" }, 2);

test("points survive CSV and the address to the bit", () => {
  const points = [
    { x: Math.fround(0.1), y: Math.fround(-1 / 3), label: 5, test: false },
    { x: Math.fround(1e-9), y: 3, label: 0, test: false },
  ];
  assert.deepEqual(parsePoints(formatPoints(points)), { points, named: false });
  const mixed = [...points, { ...points[0], test: true }];
  assert.deepEqual(decodePoints(encodePoints(mixed)), mixed);
});

test("CSV takes headings, blank lines and other separators", () => {
  const expected = [{ x: 1, y: 2, label: 0, test: false }];
  for (const text of ["x,y,label\n1,2,0", "1, 2 ,0", "1;2;0\r\n\r\n", " 1\t2\t0 ", "1 2 0"]) {
    assert.deepEqual(parsePoints(text).points, expected);
  }
});

test("a first line without a number is a heading", () => {
  for (const heading of ["x,y,label", ",a,b", "x,y,", "x,y,Infinity"]) {
    assert.equal(parsePoints(`${heading}\n1,2,0`).points.length, 1, heading);
  }
});

test("labels in CSV may be the names of the classes", () => {
  const { points, named } = parsePoints("x,y,label\n1,2,emu\n1,2,cat\n1,2,1", ["cat", "dog", "emu"]);
  assert.deepEqual(points.map(({ label }) => label), [2, 0, 1]);
  assert.equal(named, true);
  assert.equal(parsePoints("1,2,0", ["cat", "dog"]).named, false);
  assert.throws(() => parsePoints("1,2,cow", ["cat", "dog"]), /label is “cow”, not .* 0 to 5, nor one of cat, dog/);
  assert.equal(parsePoints("1,2,1", ["1", "a"]).points[0].label, 1); // as "Edit as CSV" writes it
  assert.deepEqual(parsePoints("1,2,0x1\n1,2,tea\n", ["0x1", "tea"]).points.map(({ label }) => label), [0, 1]);
  assert.throws(() => parsePoints("1,2,cat"), /label is “cat”, not a whole number from 0 to 5$/);
});

test("points with the names of their classes survive CSV, whatever the names", () => {
  const points = [0, 1, 2, 3, 4].map((label) => ({ x: label, y: 0.5, label, test: false }));
  for (const names of [["cat", "dog", "emu"], ["New York", "a;b", "a,b", "7", "x\ty"]]) {
    const text = formatPoints(points, names);
    assert.ok(text.includes(`1,0.5,${names[1]}\n`), text);
    assert.deepEqual(parsePoints(text, names), { points, named: true });
  }
  assert.match(formatPoints(points, ["cat", "a,b"]), /0,0.5,cat\n1,0.5,1\n2,0.5,2/);
});

test("a bad line of CSV is named", () => {
  const bad = [
    ["1,2,0\n1,2", /line 2: expected x,y,label, found 2/],
    ["1,two,0", /line 1: “two” is not a number/],
    ["1,2,0\n\n1,2,9", /line 3: the label is “9”/],
    ["1,2,0.5", /label/],
    ["1,2,-1", /label/],
    ["1,2,0x1", /label/],
    ["1,2,1e0", /label/],
    ["0x10,2,0", /not a number/],
    ["1,2,0\n,2,0", /line 2: “” is not a number/],
    ["Infinity,2,0", /not a number/],
    ["1e30,2,0", /beyond/],
    ["", /no points/],
    ["<img src=x onerror=alert(1)>,2,0", /line 1: “<img src=x onerror=a” is not a number/],
  ];
  for (const [text, message] of bad) assert.throws(() => parsePoints(text), message, text);
  assert.throws(() => parsePoints("1,2,0\n".repeat(5001)), /at most 5000/);
});

test("broken points in an address are refused", () => {
  for (const text of ["", "!!!", "AAAA", encodePoints([{ x: NaN, y: 0, label: 0, test: false }])]) {
    assert.throws(() => decodePoints(text), /cannot be read/);
  }
  assert.throws(() => decodePoints(encodePoints([{ x: 0, y: 0, label: 6, test: false }])), /cannot be read/);
});

test("a hash holds what differs from the defaults and reads back", () => {
  const defaults = { lr: 1, dataset: "run", hinges: false, hidden1: 100 };
  const settings = { lr: 0.25, dataset: "xor", hinges: true, hidden1: 100 };
  const hash = formatHash(settings, defaults);
  assert.equal(hash, "lr=0.25&dataset=xor&hinges=1");
  assert.deepEqual({ ...defaults, ...parseHash(`#${hash}`, rules) }, settings);
});

test("a malformed hash is refused by name", () => {
  const bad = [
    ["#colour=red", /no setting “colour”/],
    ["#__proto__=1", /no setting/],
    ["#constructor=1", /no setting/],
    ["#lr=fast", /Learning rate must be/],
    ["#lr=NaN", /Learning rate must be/],
    ["#lr=-1", /Learning rate must be/],
    ["#hidden1=1e9", /Hidden units must be from 1 to 256/],
    ["#hidden1=1.5", /whole number/],
    ["#dataset=toString", /Data set has no/],
    ["#hinges=yes", /0 or 1/],
  ];
  for (const [hash, message] of bad) assert.throws(() => parseHash(hash, rules), message, hash);
});

test("sliders reach their ends and give back what they show", () => {
  for (const [name, rule] of Object.entries(rules)) {
    if (rule.kind !== "number") continue;
    assert.equal(sliderValue(rule, 1), rule.max, name);
    assert.equal(sliderValue(rule, 0), rule.zero ? 0 : rule.min, name);
    for (const position of [0.2, 0.5, 0.9]) {
      const value = sliderValue(rule, position);
      assert.ok(Math.abs(sliderPosition(rule, value) - position) < 0.13, `${name} at ${position}`);
      assert.equal(parseHash(`#${name}=${value}`, rules)[name], value);
    }
  }
});

test("numbers that have a word take it and show it", () => {
  assert.equal(parseSetting(rules, "stop", "Never"), 0);
  assert.equal(nameNumber(rules.stop, 0), "never");
  assert.equal(nameNumber(rules.stop, 10), "10");
  assert.equal(parseSetting(rules, "speed", "max"), rules.speed.max);
  assert.throws(() => parseSetting(rules, "lr", "max"), /Learning rate/);
});

const plain = { name: "sgd", state: new Map() };
const adam = {
  name: "adam",
  state: new Map([
    ["m", Float32Array.from({ length: 27 }, (_, index) => index / 7)],
    ["v", Float32Array.from({ length: 27 }, (_, index) => 1e-45 * index)],
    ["t", Float32Array.of(41)],
  ]),
};

test("an optimiser's state survives JSON to the bit, beside the weights", () => {
  const weights = drawWeights([2, 4, 3], { init: "he", scale: 1, bias: 0, seed: 0 });
  const text = formatWeights(weights, { widths: [2, 4, 3], activation: "relu", step: 0 }, adam);
  const { optimizer } = JSON.parse(text);
  assert.equal(optimizer.name, "adam");
  assert.deepEqual(optimizer.state["state.v.1.W"].shape, [4, 3]);
  assert.deepEqual(optimizer.state["state.t"], { shape: [], data: [41] });
  assert.deepEqual(parseWeights(text).method, adam);
  const infinite = { name: "adam", state: new Map([["t", Float32Array.of(Infinity)]]) };
  assert.equal(parseWeights(formatWeights(weights, { widths: [2, 4, 3], activation: "relu", step: 0 }, infinite)).method, null);
});

test("a broken state is refused by name", () => {
  const weights = drawWeights([2, 4, 3], { init: "he", scale: 1, bias: 0, seed: 0 });
  const good = JSON.parse(formatWeights(weights, { widths: [2, 4, 3], activation: "relu", step: 0 }, adam));
  const broken = (optimizer) => JSON.stringify({ ...good, optimizer });
  const { state } = good.optimizer;
  assert.throws(() => parseWeights(broken("adam")), /a name and a state/);
  assert.throws(() => parseWeights(broken({ name: "adam" })), /a name and a state/);
  assert.throws(() => parseWeights(broken({ name: "adam", state: { ...state, "state.m.0.W": 3 } })), /state.m.0.W must/);
  assert.throws(() => parseWeights(broken({ name: "adam", state: { ...state, "state.t": { shape: [2], data: [1, 2] } } })), /state.t must/);
  assert.throws(() => parseWeights(broken({ name: "adam", state: { nonsense: 1 } })), /must have shape/);
});

test("weights survive JSON to the bit, also the smallest and the largest", () => {
  const rule = { init: "he", scale: 1, bias: 0.5, seed: 3 };
  const weights = drawWeights([2, 50, 3], rule);
  weights.get("params.0.W").set([Math.fround(1e-45), Math.fround(3.4028234e38), Math.fround(0.1), -0]);
  const text = formatWeights(weights, { widths: [2, 50, 3], activation: "relu", step: 12 }, plain);
  const loaded = parseWeights(text);
  assert.equal(loaded.step, 12);
  assert.equal(loaded.method, null);
  for (const [name, values] of weights) {
    assert.deepEqual(new Uint32Array(loaded.weights.get(name).buffer), new Uint32Array(values.buffer), name);
  }
});

test("weights follow their rule", () => {
  const deviation = (values) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
  const drawn = (init) => drawWeights([50, 200, 3], { init, scale: 0.01, bias: 0, seed: 1 }).get("params.0.W");
  assert.ok(Math.abs(deviation(drawn("normal")) / 0.01 - 1) < 0.05);
  assert.ok(Math.abs(deviation(drawn("he")) / Math.sqrt(2 / 50) - 1) < 0.05);
  const bound = Math.sqrt(6 / 250);
  assert.ok(drawn("xavier").every((value) => Math.abs(value) <= bound));
  assert.ok(Math.abs(deviation(drawn("xavier")) / (bound / Math.sqrt(3)) - 1) < 0.05);
});

test("broken weights are refused by name", () => {
  const good = JSON.parse(
    formatWeights(
      drawWeights([2, 4, 3], { init: "he", scale: 1, bias: 0, seed: 0 }),
      { widths: [2, 4, 3], activation: "relu", step: 0 },
      plain,
    ),
  );
  const broken = (change) => JSON.stringify({ ...good, ...change });
  assert.throws(() => parseWeights("{"), /not JSON/);
  assert.throws(() => parseWeights("[]"), /does not hold weights/);
  assert.throws(() => parseWeights("null"), /no JSON object/);
  assert.throws(() => parseWeights(broken({ format: 2 })), /format 1/);
  assert.throws(() => parseWeights(broken({ widths: [2] })), /widths/);
  assert.throws(() => parseWeights(broken({ widths: [2, 5, 3] })), /params.0.W must have shape \[2, 5\]/);
  assert.throws(() => parseWeights(broken({ params: {} })), /params.0.W/);
  const unfinite = { ...good.params, "params.1.b": { shape: [3], data: [1, 2, "3"] } };
  assert.throws(() => parseWeights(broken({ params: unfinite })), /params.1.b/);
});
