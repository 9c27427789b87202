"""The page: one HTML file in which an exported run's network trains, in the modules that the compiler made.

Reading order: `palette` → `recorded` → `bundle` → `archive` → `export` → the command in `wasm_export/__main__`.
What runs in the page lies in `wasm_export/page/`; its reading order stands in `main.js`.
"""
