"""Program → fused loop nests → instructions → bytes (and WAT to read); running it in wasmtime; the page."""
