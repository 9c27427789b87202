"""One file per table. Each has TITLE and `races(reference)`, where `reference` is the hand-tuned module's path or None.

Reading order: `spiral_step`, `painting`, `networks`, `matrices`, `linearity`, `compilation`, `overhead`,
`animation`, `page`.
"""

from benchmarks.tables import (
    animation,
    compilation,
    linearity,
    matrices,
    networks,
    overhead,
    page,
    painting,
    spiral_step,
)

TABLES = {
    module.__name__.rpartition(".")[2]: module
    for module in (spiral_step, painting, networks, matrices, linearity, compilation, overhead, animation, page)
}
