"""The same bits in every engine: a thousand training steps in wasmtime, in Chromium and in Firefox."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import minigrad as mg
import wasm_export
from tests.wasm_export.test_compiled import arguments, step_program

H, K = mg.dims("h k")
STEPS = 1000

RUN = """async ({wasm, memory, start, args}) => {
  const bytes = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));
  const {instance} = await WebAssembly.instantiate(bytes(wasm));
  const {memory: store, main} = instance.exports;
  const content = bytes(memory);
  const missing = start + content.length - store.buffer.byteLength;
  if (missing > 0) store.grow(Math.ceil(missing / 65536));
  new Uint8Array(store.buffer).set(content, start);
  main(...args);
  const result = new Uint8Array(store.buffer, start, content.length);
  let text = "";
  for (const byte of result) text += String.fromCharCode(byte);
  return btoa(text);
}"""


@pytest.fixture(params=["browser", "firefox"], ids=["chromium", "firefox"])
def page(request: pytest.FixtureRequest) -> Iterator[Any]:
    context = request.getfixturevalue(request.param).new_context()
    yield context.new_page()
    context.close()


@pytest.mark.browser
@pytest.mark.parametrize(("widths", "activation"), [([2, H, 3], "relu"), ([2, H, K, 3], "tanh")], ids=["relu", "tanh"])
def test_a_thousand_steps_have_the_same_bits(page: Any, widths: list[Any], activation: str) -> None:
    program = step_program(widths, activation)
    sizes = [2, 21, 13, 3] if len(widths) == 4 else [2, 37, 3]
    params, points, labels = arguments(sizes, 61, "float32")
    module = wasm_export.compile(program)
    bound = module.bind(params, {}, points, labels, np.float32(0.7), np.float32(1e-3))
    start, end = bound.instance.first_free, bound.instance.memory.data_len(bound.instance.store)
    memory = bound.instance.view(start, (end - start,), "uint8")
    before = memory.tobytes()
    bound.run(STEPS)
    theirs = page.evaluate(
        RUN,
        {
            "wasm": base64.b64encode(module.wasm).decode(),
            "memory": base64.b64encode(before).decode(),
            "start": start,
            "args": [*bound.arguments, STEPS],
        },
    )
    after = np.frombuffer(base64.b64decode(theirs), np.uint8)
    assert np.isfinite(bound.outputs["loss"])
    for name, view in bound.outputs.items():
        offset = view.ctypes.data - memory.ctypes.data
        np.testing.assert_array_equal(after[offset : offset + view.nbytes], memory[offset : offset + view.nbytes], name)
