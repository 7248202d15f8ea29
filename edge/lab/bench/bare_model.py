"""The floor of a decision: the model's forward pass by bare onnxruntime, one thread, nothing around it."""

import time
from pathlib import Path

from edge.lab.bench.figures import percentile

RUNS = 60


def bare_model_ms() -> float:
    """Median milliseconds of one forward pass; 0 where there is no model."""
    import numpy as np
    import onnxruntime

    from models.errors import ModelError
    from models.registry import ModelRegistry
    from models.settings import ModelSettings

    try:
        package = ModelRegistry(ModelSettings(), Path("data") / "models").active()
    except ModelError:
        return 0.0
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(
        str(package.folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
    )
    entry = session.get_inputs()[0]
    shape = [side if isinstance(side, int) else 1 for side in entry.shape]
    blob = np.random.default_rng(1).random(shape, dtype=np.float32)
    times = []
    for _ in range(RUNS):
        started = time.perf_counter()
        session.run(None, {entry.name: blob})
        times.append((time.perf_counter() - started) * 1e3)
    return percentile(times, 0.5)
