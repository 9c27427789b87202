"""Finds the browsers that the tests drive; run as a script, gets those that are missing.

The order: `$CHROMIUM` or `$FIREFOX`, an installed one, and for Chromium the one that Playwright downloaded. (Firefox is
driven by WebDriver BiDi, which needs one as Mozilla or Debian ship it.) As a script: Debian packages for root, else
Playwright's own installer for Chromium, else a message that says what to do. Without Chromium the script fails; without
Firefox the tests in it are skipped, except where CI is set: there they fail.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

COMMANDS = {
    "chromium": ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"),
    "firefox": ("firefox-esr", "firefox"),
}
MAC_APPLICATIONS = {
    "chromium": (
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
    ),
    "firefox": ("/Applications/Firefox.app/Contents/MacOS/firefox",),
}
PACKAGES = {"chromium": "chromium", "firefox": "firefox-esr"}
FIREFOX_DOWNLOADS = Path(tempfile.gettempdir(), f"minigrad-downloads-{os.getpid()}")
"""What Firefox saves while it is driven. Playwright hears of no download in it, so tests look here."""


def find(name: str) -> str | None:
    """The path of a browser that can be started, "chromium" (or Chrome) or "firefox"; or None."""
    chosen = os.environ.get(name.upper())
    if chosen:
        return shutil.which(chosen)
    installed = [path for path in map(shutil.which, COMMANDS[name]) if path]
    installed += [path for path in MAC_APPLICATIONS[name] if Path(path).exists()]
    if installed:
        return installed[0]
    return playwright_chromium() if name == "chromium" else None


def playwright_chromium() -> str | None:
    """The Chromium that Playwright downloaded, if it did."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def install(name: str) -> None:
    """Installs a browser as a Debian package (root), or Chromium through Playwright; leaves the verdict to `find`."""
    if shutil.which("apt-get") and os.geteuid() == 0:
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        command = ["apt-get", "install", "-qq", "-y", "--no-install-recommends", PACKAGES[name]]
        subprocess.run(["apt-get", "update", "-qq"], env=quiet, check=False)
        subprocess.run(command, env=quiet, check=False)
    elif name == "chromium":
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)


def how_to_get(name: str) -> str:
    """What to do where a browser is missing."""
    return f"Debian: apt-get install {PACKAGES[name]}. Elsewhere: point {name.upper()} at its program."


def main() -> None:
    """Gets what is missing."""
    for name in COMMANDS:
        if not find(name):
            print(f"The browser tests want {name}, and none is installed: installing one.")
            install(name)
    if not find("firefox"):
        print(f"No Firefox could be installed; the tests in it are skipped. {how_to_get('firefox')}")
    if not find("chromium"):
        sys.exit(f"No Chromium could be installed. {how_to_get('chromium')} Then run `make test` again.")


if __name__ == "__main__":
    main()
