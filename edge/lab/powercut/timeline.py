"""A recording made ready: the changes one after the other, and what is owed after each."""

from bisect import bisect_left
from dataclasses import dataclass
from pathlib import Path

from edge.lab.powercut.disk_model import DiskModel
from edge.lab.powercut.errors import RecordingUnusable
from edge.lab.powercut.obligations import Owed, Truth, owed_after
from edge.lab.powercut.operations import Change, Mark, holds_nothing
from edge.lab.powercut.recording import Recording


@dataclass(frozen=True, slots=True)
class Timeline:
    """A recording, read and checked.

    Attributes:
        recording: Where it came from.
        changes: What happened to the disk, in order; the power may go after each.
        owed: What is owed if the power goes after the change of the same number, before the next.
        truth: The records at the end.
        telling: Changes after which something was told before the next change.
    """

    recording: Recording
    changes: list[Change]
    owed: list[Owed]
    truth: Truth
    telling: frozenset[int]

    @classmethod
    def load(cls, folder: Path) -> "Timeline":
        """Read a recording and make sure that it is whole.

        Raises:
            RecordingUnusable: It can't be read, or the model does not arrive at the folder as it was in the
                end: then something wrote to the folder that was not recorded.
        """
        recording = Recording.load(folder)
        operations = recording.operations()
        changes = [one for one in operations if not isinstance(one, Mark)]
        marks = [one for one in operations if isinstance(one, Mark)]
        truth = Truth.read(recording.after / "data")
        try:
            steps = owed_after(marks, truth)
        except ValueError as error:
            raise RecordingUnusable(folder, str(error)) from error
        places = [at for at, _ in steps]
        owed, telling = [], set()
        reached = 0
        for number in range(len(changes)):
            beyond = changes[number + 1].at if number + 1 < len(changes) else places[-1] + 1 if places else 0
            step = bisect_left(places, beyond)
            if step > reached:
                telling.add(number)
            reached = step
            owed.append(steps[step - 1][1] if step else Owed())
        timeline = cls(recording, changes, owed, truth, frozenset(telling))
        timeline.require_whole()
        return timeline

    def beginning(self) -> DiskModel:
        """The disk before the first start."""
        model = DiskModel()
        before = self.recording.before
        for path in sorted(before.rglob("*")):
            model.put_certain(str(path.relative_to(before)), None if path.is_dir() else path.read_bytes())
        return model

    def require_whole(self) -> None:
        """Follow every change, and compare with the folder as it was in the end.

        Raises:
            RecordingUnusable: They differ.
        """
        model = self.beginning()
        try:
            for change in self.changes:
                model.apply(change)
        except KeyError as error:
            raise RecordingUnusable(self.recording.folder, f"{error} appears from nowhere") from error
        live, after = model.live(), self.recording.after
        real = {
            str(path.relative_to(after)): path.read_bytes()
            for path in after.rglob("*")
            if path.is_file() and not holds_nothing(path.name)
        }
        different = sorted(path for path in live.keys() | real.keys() if live.get(path) != real.get(path))
        if different:
            raise RecordingUnusable(self.recording.folder, f"it does not explain {different[0]}")
