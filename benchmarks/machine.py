"""What was measured, on what, and when: numbers without this mean nothing.

Reading order: … → `browsers` → **machine** → `report` → …
"""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks import tfjs

PACKAGES = ("numpy", "wasmtime", "jax", "torch", "mygrad", "autograd")


def describe() -> dict[str, object]:
    """Machine, date and versions, as JSON."""
    return {
        "cpu": cpu(),
        "cores": os.cpu_count(),
        "system": system(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {"python": platform.python_version(), **versions(), "tfjs": tfjs.VERSION},
    }


def cpu() -> str:
    """The processor's name."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    named = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()


def system() -> str:
    """The operating system's name and version."""
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        return platform.platform(terse=True)


def versions() -> dict[str, str]:
    """The versions of those packages that are installed."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
