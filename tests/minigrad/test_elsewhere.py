"""Who writes a word of PyTorch is told ours, and what the hint says is there."""

import re
import subprocess
import sys

import pytest

import minigrad as mg
from minigrad.elsewhere import OF_OPTIMIZERS, OF_TENSORS, OF_THE_PACKAGE

OWNERS = [(mg.Tensor([1.0]), OF_TENSORS), (mg.optim.sgd(), OF_OPTIMIZERS), (mg, OF_THE_PACKAGE)]
WORDS = [(owner, name, hint) for owner, hints in OWNERS for name, hint in hints.items()]


@pytest.mark.parametrize(("owner", "name", "hint"), WORDS)
def test_a_word_of_pytorch_is_answered_with_ours(owner, name, hint):
    assert not hasattr(owner, name)
    with pytest.raises(AttributeError, match=rf"has no '{name}': {re.escape(hint)}"):
        getattr(owner, name)


def test_a_function_written_as_a_method_is_answered_with_the_call():
    x = mg.Tensor([1.0])
    for name, call in {"exp": "exp(x)", "relu": "relu(x)", "abs": "abs(x)", "softmax": "softmax(x, axis)"}.items():
        with pytest.raises(AttributeError, match=re.escape(f"a Tensor has no '{name}': write minigrad.{call}") + "$"):
            getattr(x, name)
    assert x.sum().item() == 1.0
    assert not {"sum", "mean", "reshape", "zeros"} & OF_TENSORS.keys()


def test_hints_name_what_is_there():
    for hint in [hint for _, hints in OWNERS for hint in hints.values()]:
        for owner, name in re.findall(r"(minigrad|x|optimizer)\.(\w+)", hint):
            assert hasattr({"minigrad": mg, "x": mg.Tensor([1.0]), "optimizer": mg.optim.sgd()}[owner], name), hint


def test_a_module_that_is_not_imported_is_named():
    asked = "import minigrad\ntry: minigrad.train\nexcept AttributeError as error: print(error)\n"
    answer = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout
    assert answer == "minigrad has no 'train' before its module is imported: import minigrad.train\n"


def test_other_names_are_missing_and_python_says_what_may_have_been_meant():
    with pytest.raises(AttributeError, match="minigrad has no 'sofmax'$") as error:
        mg.sofmax  # noqa: B018
    assert (error.value.name, error.value.obj) == ("sofmax", mg)  # from these Python finds softmax
