"""All four commands treat a reader that leaves early, such as `| head`, as one that has seen enough."""

import os
import subprocess
import sys

import pytest

COMMANDS = ["minigrad", "jax_ref", "viz", "wasm_export"]


def status_when_nobody_reads(*arguments: str) -> int:
    """The exit status of a Python that writes into a closed pipe; nothing may go to standard error."""
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    process = subprocess.Popen(
        [sys.executable, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=buffered
    )
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    return process.wait(timeout=60)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_closed_pipe_is_no_error(command):
    assert status_when_nobody_reads("-m", command, "--help") == 0


@pytest.mark.parametrize(("characters", "expected"), [(1, 3), (10**6, 0)])
def test_the_status_is_the_commands_own_where_it_came_to_it(characters, expected):
    code = f"from minigrad import console; console.run(lambda: print('x' * {characters}) or 3)"
    assert status_when_nobody_reads("-c", code) == expected


def test_a_command_without_standard_output_runs():
    code = "from minigrad import console; console.run(lambda: print('x') or 3)"
    process = subprocess.run(["sh", "-c", '"$0" -c "$1" >&-', sys.executable, code], stderr=subprocess.PIPE)
    assert (process.returncode, process.stderr) == (3, b"")
