"""Frames to files: MP4 through ffmpeg, PNG through Pillow; the same frames give the same bytes.

Reading order: … → animation → **encode**, gif, scrub → window, watch → the command in `__main__`
"""

import os
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from minigrad.files import FileError, atomic

Frame = NDArray[np.uint8]

FILMS = (".mp4", ".gif")
STILLS = (".png",)
PAGES = (".html",)

# One thread and no metadata make the bytes reproducible; the BT.709 matrix is what players assume of such films. Flat
# colours and still lines are what x264 calls animation: for the same look it then takes a tenth off the file.
X264 = (
    "-an", "-vf", "scale=out_color_matrix=bt709:out_range=tv", "-c:v", "libx264", "-preset", "medium",
    "-tune", "animation", "-crf", "28", "-pix_fmt", "yuv420p", "-colorspace", "bt709", "-color_primaries", "bt709",
    "-color_trc", "bt709", "-color_range", "tv", "-threads", "1", "-map_metadata", "-1", "-fflags", "+bitexact",
    "-flags:v", "+bitexact", "-movflags", "+faststart",
)  # fmt: skip


def check_path(path: str | os.PathLike[str], suffixes: tuple[str, ...] = FILMS + STILLS + PAGES) -> Path:
    """The path of a file to write; `FileError` where its suffix is unknown or its folder is not there."""
    target = Path(path)
    if target.suffix not in suffixes:
        raise FileError(f"cannot write {target}: its name must end in {', '.join(suffixes)}, which tells the format")
    if not target.parent.is_dir():
        raise FileError(f"cannot write {target}: there is no folder {target.parent}")
    return target


def write_png(target: Path, frame: Frame) -> Path:
    """Writes a still."""
    with atomic(target) as temporary:
        Image.fromarray(frame).save(temporary, optimize=True)
    return target


def write_mp4(path: Path, frames: Iterable[Frame], fps: float, hold: float) -> None:
    """Pipes raw frames through ffmpeg.

    Raises:
        FileError: a side is odd, ffmpeg is not there, or it fails.
    """
    try:
        from imageio_ffmpeg import get_ffmpeg_exe
    except ImportError as error:
        raise FileError("writing .mp4 needs imageio-ffmpeg: pip install imageio-ffmpeg; .gif does without") from error
    source = iter(frames)
    frame = next(source)
    height, width, _ = frame.shape
    if height % 2 or width % 2:
        raise FileError(f"the film is {width} × {height}; .mp4 needs an even width and height")
    raw = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", f"{fps:g}", "-i", "-")
    command = [get_ffmpeg_exe(), "-y", "-loglevel", "error", *raw, *X264, str(path)]
    with tempfile.TemporaryFile() as said, subprocess.Popen(command, stdin=subprocess.PIPE, stderr=said) as ffmpeg:
        assert ffmpeg.stdin is not None
        try:
            ffmpeg.stdin.write(frame.tobytes())
            for frame in source:
                ffmpeg.stdin.write(frame.tobytes())
            for _ in range(round(hold * fps)):
                ffmpeg.stdin.write(frame.tobytes())
            ffmpeg.stdin.close()
        except BrokenPipeError:
            pass  # ffmpeg has ended; its own words say why
        except BaseException:
            ffmpeg.kill()
            raise
        if ffmpeg.wait():
            said.seek(0)
            raise FileError(f"ffmpeg could not write the film: {said.read().decode(errors='replace').strip()}")
