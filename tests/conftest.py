"""What every test shares: one thread per worker, and three depths of property tests.

`pytest --hypothesis-profile=fast|default|deep` chooses the depth, as HYPOTHESIS_PROFILE in the environment does.
`default` draws the same examples in every run, so that a red run is red again; `deep` explores 100 times as many.
"""

import os

# Tests run one worker per core; threads inside a worker only get in the others' way.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

from hypothesis import HealthCheck, settings

quiet = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large]}
settings.register_profile("fast", max_examples=10, derandomize=True, **quiet)
settings.register_profile("default", max_examples=50, derandomize=True, **quiet)
settings.register_profile("deep", max_examples=5000, **quiet)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
