"""Files are whole or absent, and trees come back from them as they went in."""

from pathlib import Path

import numpy as np
import pytest

from minigrad.files import FileError, atomic, named, nested, read_arrays, write_arrays


def test_a_file_appears_under_its_name_only_when_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "clip.mp4"
    with atomic(target) as temporary:
        temporary.write_text("half")
        assert temporary.suffix == ".mp4"
        assert not target.exists()
    assert target.read_text() == "half"
    assert list(tmp_path.iterdir()) == [target]


def test_who_is_reading_the_old_file_reads_it_to_the_end(tmp_path: Path) -> None:
    target = tmp_path / "notes.txt"
    target.write_text("old")
    with target.open() as reader:
        with atomic(target) as temporary:
            temporary.write_text("new")
        assert reader.read() == "old"
    assert target.read_text() == "new"


def test_a_failed_write_leaves_the_old_file_and_no_litter(tmp_path: Path) -> None:
    target = tmp_path / "notes.txt"
    target.write_text("old")

    def fail() -> None:
        with atomic(target) as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_an_unwritable_path_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for target in (tmp_path / "absent" / "a.bin", tmp_path / "file" / "a.bin", tmp_path):
        with pytest.raises(FileError, match=f"cannot write {target}: "), atomic(target) as temporary:
            temporary.write_bytes(b"")


def test_arrays_of_every_layout_come_back_exactly(tmp_path: Path) -> None:
    arrays = {
        "scalar": np.float64(0.1),
        "transposed": np.arange(6.0).reshape(2, 3).T,
        "strided": np.arange(10, dtype=np.int64)[::3],
        "flags": np.array([True, False]),
        "empty": np.empty((0, 2), np.float32),
    }
    write_arrays(tmp_path / "a.safetensors", arrays)
    back = read_arrays(tmp_path / "a.safetensors", "scalar")
    assert back.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(back[name], array)
        assert back[name].dtype == array.dtype
        assert back[name].shape == array.shape


def test_trees_survive_being_named_and_nested() -> None:
    params = [{"W": i, "b": -i} for i in range(12)]
    assert nested(named(params, "params"), "params") == params
    state = {"m": params, "count": 3}
    assert nested(named(state, "state"), "state") == state
    assert nested(named({}, "state"), "state") == {}
