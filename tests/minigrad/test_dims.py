"""Symbolic dimensions: exact polynomials, and errors instead of guesses."""

import operator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigrad.dims import Dim, dims, divide, parse, size_of

n, h, c = dims("n h c")
BINDING = {"n": 5, "h": 3, "c": 2}

leaf = st.one_of(st.integers(-4, 4), st.sampled_from([n, h, c]))
operators = st.sampled_from([operator.add, operator.sub, operator.mul])
polynomial = st.recursive(leaf, lambda sub: st.builds(lambda f, a, b: f(a, b), operators, sub, sub), max_leaves=6)


def value(x, binding=BINDING):
    return x.evaluate(binding) if isinstance(x, Dim) else x


@given(polynomial, polynomial)
def test_arithmetic_commutes_with_evaluation(a, b):
    assert value(a + b) == value(a) + value(b)
    assert value(a - b) == value(a) - value(b)
    assert value(a * b) == value(a) * value(b)


@given(polynomial, polynomial)
def test_division_undoes_multiplication(a, b):
    if b != 0:
        assert divide(a * b, b) == a


@given(polynomial)
def test_text_reads_back(a):
    assert parse(str(a)) == a


@given(polynomial, polynomial)
def test_equal_normal_forms_are_equal_and_hash_alike(a, b):
    left, right = (a + b) * (a - b), a * a - b * b
    assert left == right
    assert hash(left) == hash(right)


def test_results_without_names_are_plain_integers():
    assert type(n - n) is int
    assert type((2 * n) // n) is int
    assert size_of((2, 3)) == 6
    assert size_of((n, 2)) == 2 * n
    assert size_of(()) == 1


def test_names_and_bare_names():
    assert (2 * n * h + 1).names == {"n", "h"}
    assert n.is_name
    assert not (n + 1).is_name
    assert not (2 * n).is_name
    assert not (n * h).is_name


@pytest.mark.parametrize("question", [
    lambda: n < 3, lambda: n <= h, lambda: n > 3, lambda: n <= 3, lambda: bool(n), lambda: float(n), lambda: int(n),
    lambda: range(n), lambda: [0][n],
])  # fmt: skip
def test_a_question_about_the_length_raises(question):
    with pytest.raises(TypeError, match="the dimension n has no value while recording"):
        question()


def test_division_with_a_remainder_raises():
    with pytest.raises(ValueError, match=r"n \+ 1 is not a multiple of 2"):
        (n + 1) // 2
    with pytest.raises(ValueError, match="n is not a multiple of h"):
        n // h
    with pytest.raises(ValueError, match="divide the dimension n by 0"):
        n // 0


def test_a_missing_name_is_a_key_error():
    with pytest.raises(KeyError, match="h"):
        (n + h).evaluate({"n": 1})


@pytest.mark.parametrize("text", ["2n", "n h", "", "n**2", "n + ", "1.5"])
def test_text_that_is_no_dimension_raises(text):
    with pytest.raises(ValueError, match="does not read as a dimension"):
        parse(text)


def test_names_must_be_identifiers():
    with pytest.raises(ValueError, match="'2n' is not a name"):
        dims("n 2n")
