"""A race in a browser: serve the page on 127.0.0.1, start a headless browser on it, wait for what it sends back.

No driver is needed, so Chromium and Firefox are treated alike. The page is not cross-origin isolated: it has no shared
memory, and so nobody has threads.

Reading order: … → `tables/` → **browsers** → `report` → …
"""

import base64
import json
import os
import shutil
import signal
import subprocess
import tempfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Any

import numpy as np

import wasm_export
from benchmarks import tfjs
from benchmarks.races import Race, Unavailable

HERE = Path(__file__).parent
RUNTIME = Path(wasm_export.__file__).parent / "page/runtime.js"
TYPES = {".html": "text/html", ".js": "text/javascript", ".json": "application/json", ".wasm": "application/wasm"}
COMMANDS = {
    "chromium": ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"),
    "firefox": ("firefox-esr", "firefox"),
}
FIREFOX_PREFERENCES = {
    "privacy.reduceTimerPrecision": False,
    "browser.aboutwelcome.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
    "app.update.auto": False,
}
PATIENCE = 300.0
"""Seconds that a browser has for a race."""


class BrowserError(Exception):
    """The page reported an error, or nothing at all."""


def run(race: Race, rounds: int, seconds: float) -> tuple[dict[str, list[float]], str]:
    """The times of a race in the browser `race.place`, and how the browser calls itself.

    Raises:
        Unavailable: it is not installed.
        BrowserError: the page failed or did not answer.
    """
    contestants = [{"name": c.name, "page": c.page} for c in race.contestants if c.page]
    job = json.dumps({"contestants": contestants, "rounds": rounds, "seconds": seconds}, default=plain)
    answers: Queue[dict[str, Any]] = Queue()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(job.encode(), answers))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
            answer = ask(race.place, f"http://127.0.0.1:{server.server_port}/", profile, answers)
    finally:
        server.shutdown()
        server.server_close()
    if "error" in answer:
        raise BrowserError(answer["error"])
    return answer["times"], answer["agent"]


def ask(browser: str, url: str, profile: str, answers: "Queue[dict[str, Any]]") -> dict[str, Any]:
    """Opens the page and waits for its answer."""
    environment = {**os.environ, "TMPDIR": profile}  # what a browser leaves behind goes with its profile
    with open(Path(profile, "output"), "w+") as output:
        process = subprocess.Popen(
            command(browser, url, profile),
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )
        try:
            return answers.get(timeout=PATIENCE)
        except Empty:
            raise BrowserError(f"{browser} did not answer in {PATIENCE:.0f} s") from None
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()


def command(browser: str, url: str, profile: str) -> list[str]:
    """How to start the browser without a window and with a profile of its own."""
    path = program(browser)
    if browser == "firefox":
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in FIREFOX_PREFERENCES.items()]
        Path(profile, "user.js").write_text("\n".join(lines))
        return [path, "--headless", "--no-remote", "--profile", profile, url]
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    return [path, "--headless=new", "--no-first-run", *sandbox, f"--user-data-dir={profile}", url]


def program(browser: str) -> str:
    """The path of an installed browser; `Unavailable` where there is none."""
    path = next(filter(None, map(shutil.which, COMMANDS[browser])), None)
    if path is None:
        raise Unavailable(f"{browser} is not installed")
    return path


def handler(job: bytes, answers: "Queue[dict[str, Any]]") -> type[BaseHTTPRequestHandler]:
    """Serves the page, the job, the runtime and TensorFlow.js; takes the answer."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.lstrip("/") or "index.html"
            body = job if path == "job.json" else content(path)
            self.send_response(200 if body is not None else 404)
            self.send_header("Content-Type", TYPES.get(Path(path).suffix, "application/octet-stream"))
            self.end_headers()
            self.wfile.write(body or b"")

        def do_POST(self) -> None:
            answers.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Says nothing."""

    return Handler


def content(path: str) -> bytes | None:
    """The file at a path of the page."""
    if path == "runtime.js":
        return RUNTIME.read_bytes()
    folder, name = (tfjs.folder(), path[5:]) if path.startswith("tfjs/") else (HERE / "page", path)
    file = (folder / name).resolve()
    return file.read_bytes() if file.is_relative_to(folder.resolve()) and file.is_file() else None


def plain(value: Any) -> Any:
    """Arrays and bytes as JSON."""
    array = np.frombuffer(value, np.uint8) if isinstance(value, bytes) else np.ascontiguousarray(value)
    return {"dtype": array.dtype.name, "base64": base64.b64encode(array.tobytes()).decode()}
