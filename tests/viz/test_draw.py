import re
import shutil
from dataclasses import dataclass
from xml.etree import ElementTree

import pytest

import minigrad as mg
import viz
from minigrad import Tensor, ops
from minigrad.files import FileError
from wasm_export.site.recorded import step_program

needs_graphviz = pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")


@pytest.fixture(scope="module")
def step():
    return step_program(1, "relu", 3)


def test_every_equation_that_computes_has_a_box_and_every_move_is_on_an_arrow(step):
    dot = viz.draw(step).dot
    for eq in step.equations:
        has_box = re.search(rf'^  "{eq.output.name}" \[label="{eq.output.name} = ', dot, re.MULTILINE) is not None
        assert has_box == (eq.primitive not in ("broadcast", "reshape", "transpose", "stop_gradient"))


def test_boxes_say_what_the_program_says(step):
    dot = viz.draw(step).dot
    assert '"a = points @ params.0.W"' in dot
    assert '"c = a + params.0.b"' in dot
    assert '"m = 0.5 × reg"' in dot


def test_arrows_say_shapes_and_what_moves_elements():
    (n,) = mg.dims("n")
    program = mg.record(lambda x: ops.matmul(ops.swapaxes(x, 0, 1), x), mg.spec((n, 2)))
    dot = viz.draw(program).dot
    assert r'label="transpose\nf32[2,n]"' in dot
    assert 'label="f32[n,2]"' in dot


def test_roles_are_told_apart_and_explained(step):
    dot = viz.draw(step).dot
    fills = {eq.role: re.search(rf'^  "{eq.output.name}" .*fillcolor="(#\w+)"', dot, re.MULTILINE)[1]
             for eq in step.equations if eq.primitive in ("add", "mul")}  # fmt: skip
    assert len(set(fills.values())) == 3
    for role, fill in fills.items():
        assert re.search(rf'"legend {role}" \[label="{role}", fillcolor="{fill}"', dot)


@dataclass
class Sweep:
    index: str
    equations: tuple[int, ...]


def test_groups_are_outlined_and_an_equation_stands_in_its_first(step):
    dot = viz.draw(step, fusion=[Sweep("n", (0, 2)), Sweep("", (2, 3))]).dot
    assert re.search(r'sweep 1 over n".* "a"; "points for a"; "params.0.W for a"; "c"; "params.0.b for c"; }', dot)
    assert re.search(r'label="sweep 2".* "d"; }', dot)


def test_each_use_of_an_input_has_a_node_beside_it(step):
    dot = viz.draw(step).dot
    uses = sum(var is atom for eq in step.equations for atom in dict.fromkeys(eq.inputs) for var in step.inputs[:1])
    assert dot.count(f'[label="{step.inputs[0].name}", style="", shape="plaintext"]') >= uses > 1


def test_the_compilers_own_groups_are_accepted(step):
    compile_ = pytest.importorskip("wasm_export.compile")
    assert "sweep 2" in viz.draw(step, fusion=compile_.fuse(step)).dot


@needs_graphviz
def test_a_whole_training_step_is_a_picture(step, tmp_path):
    svg = viz.draw(step, theme="dark").save(tmp_path / "step.svg").read_text()
    texts = [text.text for text in ElementTree.fromstring(svg.encode()).iter("{http://www.w3.org/2000/svg}text")]
    assert "d = relu(c)" in texts
    assert "#121417" in svg
    assert viz.draw(step, theme="dark").svg == svg
    assert viz.draw(step).save(tmp_path / "step.png").stat().st_size > 10_000


def test_the_tape_shows_values_and_gradients():
    a, b = Tensor(2.0, requires_grad=True), Tensor(-3.0, requires_grad=True)
    e = a * b
    dot = viz.draw(e + 10.0 + a, names={"a": a, "b": b, "e": e}).dot
    assert r'"a\nvalue 2\ngrad -2"' in dot
    assert r'"b\nvalue -3\ngrad 2"' in dot
    assert r'"e = mul\nvalue -6\ngrad 1"' in dot
    assert r'"value 10"' in dot  # a constant has no gradient


def test_a_value_that_is_used_twice_has_the_sum_of_its_gradients():
    a = Tensor(1.5, requires_grad=True)
    b = a + a
    dot = viz.draw(b * b, names={"b": b, "a": a}).dot
    assert r"b = add\nvalue 3\ngrad 6" in dot
    assert r"a\nvalue 1.5\ngrad 12" in dot


def test_large_values_are_told_by_their_shape():
    x = Tensor([[1.0] * 5] * 3, requires_grad=True)
    assert r"value float64 [3, 5]\ngrad float64 [3, 5]" in viz.draw(ops.sum(x), names={}).dot


def test_drawings_are_reproducible(step):
    def tape():
        a = Tensor(2.0, requires_grad=True)
        return viz.draw(a * 3.0).dot

    assert viz.draw(step).dot == viz.draw(step).dot
    assert tape() == tape()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: viz.draw(lambda x: x), TypeError, "cannot draw a function; give a Program"),
        (lambda: viz.draw(Tensor(1.0)), ValueError, "remembers nothing"),
        (lambda: viz.draw(mg.record(ops.exp, mg.spec(())), theme="sepia"), ValueError, "no theme 'sepia'"),
        (lambda: viz.draw(mg.record(ops.exp, mg.spec(()))).save("graph.bmp"), FileError, r"must end in \.svg"),
    ],
)
def test_what_cannot_be_drawn_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_without_graphviz_the_error_says_what_to_do(monkeypatch, tmp_path):
    drawing = viz.draw(mg.record(ops.exp, mg.spec(())))
    monkeypatch.setenv("PATH", "")
    with pytest.raises(FileError, match="needs Graphviz: install it"):
        drawing.save(tmp_path / "graph.svg")
    assert drawing.save(tmp_path / "graph.dot").read_text().startswith("digraph")
