"""Trees flatten depth first with sorted keys, and come back as they were."""

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigrad import tree


def branches(sub):
    return (
        st.lists(sub, max_size=3) | st.dictionaries(st.text("abc", max_size=2), sub, max_size=3) | st.tuples(sub, sub)
    )


trees = st.recursive(st.integers() | st.none(), branches, max_leaves=12)


@given(trees)
def test_unflatten_undoes_flatten(t):
    leaves, structure = tree.flatten(t)
    assert tree.unflatten(structure, leaves) == t
    assert structure.leaves == len(leaves) == len(tree.paths(structure))


@given(trees)
def test_map_keeps_the_structure(t):
    doubled = tree.map(lambda x: 2 * x, t)
    assert tree.flatten(doubled)[1] == tree.flatten(t)[1]
    assert tree.flatten(doubled)[0] == [2 * x for x in tree.flatten(t)[0]]


@given(trees, trees)
def test_leaves_are_taken_from_trees_of_the_same_structure_alone(t, other):
    structure = tree.flatten(t)[1]
    if tree.flatten(other)[1] == structure:
        assert tree.leaves_of(structure, other) == tree.flatten(other)[0]
    else:
        with pytest.raises(ValueError, match="trees of different structure"):
            tree.leaves_of(structure, other)


def test_keys_have_to_be_the_same():
    with pytest.raises(ValueError, match="trees of different structure"):
        tree.leaves_of(tree.flatten({"a": 0})[1], {"b": 1})


def test_paths_name_every_leaf():
    structure = tree.flatten({"state": (1, 2), "params": [{"b": 3, "W": 4}], "none": None})[1]
    assert tree.paths(structure) == ["params.0.W", "params.0.b", "state.0", "state.1"]
    assert tree.paths(tree.LEAF) == ["0"]
    assert tree.paths(structure, "x")[0] == "x.params.0.W"


def test_named_tuples_stay_named_tuples():
    class Pair(NamedTuple):
        left: int
        right: int

    t = Pair(1, 2)
    assert tree.map(lambda x: x + 1, t) == Pair(2, 3)
    assert tree.paths(tree.flatten(t)[1]) == ["left", "right"]


def test_mapping_trees_of_different_structure_raises():
    with pytest.raises(ValueError, match=r"different structure: expected \[\*, \*\], and got \[\*\]"):
        tree.map(lambda a, b: a, [1, 2], [1])


def test_a_wrong_number_of_leaves_raises():
    with pytest.raises(ValueError, match="has 2 leaves, but 1"):
        tree.unflatten(tree.flatten([1, 2])[1], [1])


def test_keys_have_to_be_strings():
    with pytest.raises(TypeError, match="keys of a tree's dictionaries are strings"):
        tree.flatten({1: 2})
