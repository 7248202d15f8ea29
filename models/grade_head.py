"""From the numbers of an item to its grade: ridge regression on graded examples, every grade weighs alike."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.errors import ModelShapeMismatch

Floats = npt.NDArray[np.float64]
Looks = npt.NDArray[np.float32]
"""Of `vision.looks`: `(2, K)` an item, as it is and mirrored."""

SHARPNESS = 4.0
"""How quickly the belief in a grade falls with its distance; chosen on tins, of 2, 4 and 8."""
_SLACK = 1.0  # of the ridge; chosen there too, of 0.3, 1 and 3
_LEAST_ROWS = 4  # the level stands in the first four
_AGAIN = "teach the grades again."
_FAR = 5.0  # spreads beyond which a number says no more


@dataclass(frozen=True, slots=True)
class Head:
    """What was learned.

    Attributes:
        middle: Mean of each of the K numbers over the examples.
        spread: Their spread.
        slopes: `(K, 4)`.
        level: `(4,)`: what an item in the middle gets.
    """

    middle: Floats
    spread: Floats
    slopes: Floats
    level: Floats

    @classmethod
    def taught(cls, looks: Looks, grades: npt.NDArray[np.int_]) -> "Head":
        """Learn from examples.

        Args:
            looks: `(n, 2, K)`.
            grades: `(n,)`: 0 (A) to 3 (D).
        """
        rows = looks.reshape(-1, looks.shape[-1]).astype(np.float64)
        truth = np.repeat(grades, looks.shape[1])
        middle, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-6
        rows = _standardised(rows, middle, spread)
        weight = 1 / np.bincount(truth, minlength=4)[truth]
        weight *= len(truth) / weight.sum()
        wanted = np.eye(4)[truth]
        level = (wanted * weight[:, None]).sum(axis=0) / weight.sum()
        alike = rows @ rows.T / rows.shape[1]
        slack = _SLACK * looks.shape[1] * np.diag(1 / weight)
        slopes = rows.T @ np.linalg.solve(alike + slack, wanted - level) / rows.shape[1]
        return cls(middle, spread, slopes, level)

    def beliefs(self, looks: Looks) -> Floats:
        """How far each grade is believed of one item, `(4,)`, in all 1."""
        rows = _standardised(looks.astype(np.float64), self.middle, self.spread)
        scores = (rows @ self.slopes).mean(axis=0) + self.level
        raised = np.exp(SHARPNESS * (scores - scores.max()))
        return np.asarray(raised / raised.sum(), np.float64)

    def grade(self, looks: Looks) -> int:
        """The middle of the belief, 0 (A) to 3 (D): less often two off than the likeliest one."""
        return int(np.count_nonzero(np.cumsum(self.beliefs(looks))[:3] < 0.5))

    def as_bytes(self) -> bytes:
        """As it lies on disk: rows of seven float32, little-endian: middle, spread, four slopes, level."""
        level = np.zeros(len(self.middle))
        level[:4] = self.level
        table = np.column_stack([self.middle, self.spread, self.slopes, level])
        return table.astype("<f4").tobytes()

    @classmethod
    def read(cls, content: bytes) -> "Head":
        """From what `as_bytes` gave.

        Raises:
            ModelShapeMismatch: It is no head.
        """
        if len(content) % (7 * 4) or len(content) < _LEAST_ROWS * 7 * 4:
            raise ModelShapeMismatch(
                f"The head has {len(content)} bytes, no table of seven columns: {_AGAIN}"
            )
        table = np.frombuffer(content, "<f4").reshape(-1, 7)
        if not np.isfinite(table).all() or (table[:, 1] <= 0).any():
            raise ModelShapeMismatch(f"The head holds numbers that are none: {_AGAIN}")
        wide = table.astype(np.float64)
        return cls(wide[:, 0], wide[:, 1], wide[:, 2:6], wide[:4, 6])


def _standardised(rows: Floats, middle: Floats, spread: Floats) -> Floats:
    return np.clip((rows - middle) / spread, -_FAR, _FAR)
