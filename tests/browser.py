"""Finds the Chromium that the browser tests drive; run as a script, gets one where there is none.

The order: `$CHROMIUM`, an installed Chromium or Chrome, the one that Playwright downloaded. As a script: the Debian
package for root, else Playwright's own installer, else a message that says what to do.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

COMMANDS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC_APPLICATIONS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)


def find_chromium() -> str | None:
    """The path of a Chromium or Chrome that can be started, or None."""
    chosen = os.environ.get("CHROMIUM")
    if chosen:
        return shutil.which(chosen)
    installed = [path for path in map(shutil.which, COMMANDS) if path]
    installed += [path for path in MAC_APPLICATIONS if Path(path).exists()]
    return installed[0] if installed else playwright_chromium()


def playwright_chromium() -> str | None:
    """The Chromium that Playwright downloaded, if it did."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def install_chromium() -> None:
    """Installs Chromium as a Debian package (root) or through Playwright; leaves the verdict to `find_chromium`."""
    if shutil.which("apt-get") and os.geteuid() == 0:
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], env=quiet, check=False)
        subprocess.run(
            ["apt-get", "install", "-qq", "-y", "--no-install-recommends", "chromium"], env=quiet, check=False
        )
    else:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)


if __name__ == "__main__":
    if not find_chromium():
        print("The browser tests need Chromium or Chrome, and none is installed: installing one.")
        install_chromium()
    if not find_chromium():
        sys.exit(
            "No Chromium could be installed. Install Chromium or Chrome yourself (Debian: apt-get install chromium), "
            "or point CHROMIUM at its program, then run `make test` again."
        )
