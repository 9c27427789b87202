// TensorFlow.js with its WebAssembly backend (SIMD; one thread, as on any page that is not cross-origin isolated).
import { decode, sampledMean } from "./contestants.js";

await script("tfjs/tfjs/dist/tf.min.js");
await script("tfjs/tfjs-backend-wasm/dist/tf-backend-wasm.min.js");
const { tf } = globalThis;
tf.wasm.setWasmPaths(new URL("tfjs/tfjs-backend-wasm/dist/", location.href).href);
await tf.setBackend("wasm");
await tf.ready();

function script(source) {
  return new Promise((done, failed) => {
    const element = Object.assign(document.createElement("script"), { src: source, onload: done, onerror: failed });
    document.head.append(element);
  });
}

/** A training step with its optimiser's `minimize`; the dense layers are fused as `tf.layers.dense` fuses them. */
export function stepRun({ layers, points, labels, activation, optimizer, lr, reg }) {
  const weights = layers.map(({ W, b, shape }) => ({
    W: tf.variable(tf.tensor(decode(W), shape)),
    b: tf.variable(tf.tensor(decode(b))),
  }));
  const x = tf.tensor(decode(points), [decode(labels).length, layers[0].shape[0]]);
  const y = tf.cast(tf.oneHot(tf.tensor(decode(labels), undefined, "int32"), layers.at(-1).shape[1]), "float32");
  const method = optimizer === "adam" ? tf.train.adam(lr) : tf.train.sgd(lr);

  const loss = () => {
    let hidden = x;
    for (const [place, { W, b }] of weights.entries()) {
      const last = place === weights.length - 1;
      const fused = !last && activation === "relu" ? "relu" : "linear";
      hidden = tf.fused.matMul({ a: hidden, b: W, bias: b, activation: fused });
      if (!last && activation === "tanh") hidden = tf.tanh(hidden);
    }
    const penalty = tf.addN(weights.map(({ W }) => tf.sum(tf.square(W))));
    return tf.add(tf.losses.softmaxCrossEntropy(y, hidden), tf.mul(penalty, 0.5 * reg));
  };
  return (count) => {
    for (let i = 1; i < count; i++) method.minimize(loss);
    const cost = method.minimize(loss, true);
    const [value] = cost.dataSync();
    cost.dispose();
    return value;
  };
}

export function matmulRun({ size, x, y }) {
  const a = tf.tensor(decode(x), [size, size]);
  const b = tf.tensor(decode(y), [size, size]);
  return (count) => {
    for (let i = 1; i < count; i++) tf.matMul(a, b).dispose();
    const product = tf.matMul(a, b);
    const value = sampledMean(product.dataSync());
    product.dispose();
    return value;
  };
}
