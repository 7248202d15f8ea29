"""Whatever the OMS answers, in whatever order: nothing is lost, doubled, or out of its subject's order."""

import tempfile
from pathlib import Path

from fakes_sync import an_event, an_outbox, commit, utc_now
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from sync.answers import Answer, AnswerStatus, Through
from sync.lanes import Lanes
from sync.owed import Owed, OwedRows
from sync.resending import Resending
from sync.settlement import Settlement

SUBJECTS = st.sampled_from(["A", "B", "C"])


class OutboxMachine(RuleBasedStateMachine):
    """A station and a model of the OMS: which ids it applied, in which order."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.outbox = an_outbox(Path(self.folder.name))
        self.settlement = Settlement(self.outbox.database, now=utc_now)
        self.lanes = self._lanes()
        self.flying: dict[str, Owed] = {}
        self.applied: list[tuple[str, int, str]] = []  # subject, place, id: the ledger
        self.rejected: set[str] = set()
        self.committed: set[str] = set()

    def teardown(self) -> None:
        self.outbox.database.close()
        self.folder.cleanup()

    def _lanes(self) -> Lanes:
        return Lanes(OwedRows(self.outbox.database), window=4, page_size=3)

    def _send(self) -> None:
        for row in self.lanes.next():
            assert row.message_id not in self.flying
            self.flying[row.message_id] = row

    def _record(self, answers: list[Answer], marks: list[Through] | None = None) -> None:
        with self.outbox.database.write():
            outcome = self.settlement.record(answers, marks or [], self.flying.get)
        if outcome.dead:
            self.lanes.held_anew()
        for row in (*outcome.settled, *outcome.dead):
            self.flying.pop(row.message_id, None)
            self.lanes.answered(row)
        for row, _ in outcome.put_off:
            if self.flying.pop(row.message_id, None) is not None:
                self.lanes.delay(row.subject)

    def _apply(self, row: Owed) -> AnswerStatus:
        if any(row.message_id == message_id for _, _, message_id in self.applied):
            return AnswerStatus.DUPLICATE
        self.applied.append((row.subject, row.place, row.message_id))
        return AnswerStatus.APPLIED

    @rule(subjects=st.lists(SUBJECTS, min_size=1, max_size=6))
    def commit(self, subjects: list[str]) -> None:
        self.committed.update(row.message_id for row in commit(self.outbox, *subjects))
        self.lanes.appended()

    @rule()
    def send(self) -> None:
        self._send()

    @precondition(lambda self: self.flying)
    @rule(data=st.data(), lose_answer=st.booleans())
    def apply(self, data: st.DataObject, lose_answer: bool) -> None:
        row = self.flying[data.draw(st.sampled_from(sorted(self.flying)))]
        if row.message_id in self.rejected:
            return
        status = self._apply(row)
        if not lose_answer:
            self._record([Answer(row.message_id, status)])

    @precondition(lambda self: self.flying)
    @rule(data=st.data())
    def reject(self, data: st.DataObject) -> None:
        row = self.flying[data.draw(st.sampled_from(sorted(self.flying)))]
        if any(row.message_id == message_id for _, _, message_id in self.applied):
            return
        self.rejected.add(row.message_id)
        self._record([Answer(row.message_id, AnswerStatus.REJECTED, reason="no")])

    @precondition(lambda self: self.flying)
    @rule(data=st.data())
    def put_off(self, data: st.DataObject) -> None:
        message_id = data.draw(st.sampled_from(sorted(self.flying)))
        self._record([Answer(message_id, AnswerStatus.RETRY, reason="later")])

    @rule(subject=SUBJECTS)
    def resume(self, subject: str) -> None:
        self.lanes.resume(subject)

    @rule()
    def reconnect(self) -> None:
        self.flying.clear()
        self.lanes.restart()

    @rule()
    def restart_station(self) -> None:
        self.flying.clear()
        self.outbox.begin_epoch()
        self.settlement = Settlement(self.outbox.database, now=utc_now)
        self.lanes = self._lanes()

    @rule(data=st.data())
    def repair(self, data: st.DataObject) -> None:
        holds = self.outbox.database.sql("SELECT message_id, subject FROM outbox_holds ORDER BY place")
        open_repairs = {
            row[0] for row in self.outbox.database.sql("SELECT replaces FROM outbox WHERE replaces NOT NULL")
        }
        holds = [hold for hold in holds if hold[0] not in open_repairs]
        if holds:
            dead_id, subject = data.draw(st.sampled_from(holds))
            with self.outbox.database.write():
                row = self.outbox.append(an_event(subject, replaces=dead_id))
            self.committed.add(row.message_id)
            self.lanes.appended()

    @rule()
    def oms_asks_again(self) -> None:
        with self.outbox.database.write():
            for change in Resending(self.outbox.database).steps(self.outbox.epoch.text, 1, None):
                if change.reopened_from is not None:
                    self.settlement.forget_marks()
                    self.lanes.reopened(change.reopened_from)

    @invariant()
    def counters_are_true(self) -> None:
        counted = dict(self.outbox.database.sql("SELECT state, count(*) FROM outbox GROUP BY state"))
        kept = dict(self.outbox.database.sql("SELECT state, total FROM outbox_counts"))
        assert {state: total for state, total in kept.items() if total} == counted

    @invariant()
    def nothing_is_applied_twice_or_out_of_order(self) -> None:
        ids = [message_id for _, _, message_id in self.applied]
        assert len(ids) == len(set(ids))
        for subject in ("A", "B", "C"):
            places = [place for name, place, _ in self.applied if name == subject]
            assert places == sorted(places)

    @invariant()
    def everything_committed_is_kept(self) -> None:
        kept = {row[0] for row in self.outbox.database.sql("SELECT message_id FROM outbox")}
        assert kept == self.committed

    @invariant()
    def what_is_settled_was_applied(self) -> None:
        settled = {
            row[0]
            for row in self.outbox.database.sql("SELECT message_id FROM outbox WHERE state = 'SETTLED'")
        }
        assert settled <= {message_id for _, _, message_id in self.applied}

    @rule()
    def drain(self) -> None:
        """With an OMS that applies everything, what is not held or delayed is settled in the end."""
        for subject in ("A", "B", "C"):
            self.lanes.resume(subject)
        for _ in range(500):
            self._send()
            if not self.flying:
                if not self.lanes.hungry:
                    break
                continue
            row = next(iter(self.flying.values()))
            if row.message_id in self.rejected:
                self._record([Answer(row.message_id, AnswerStatus.REJECTED, reason="no")])
            else:
                self._record([Answer(row.message_id, self._apply(row))])
        held = dict(self.outbox.database.sql("SELECT subject, min(place) FROM outbox_holds GROUP BY subject"))
        owed = self.outbox.database.sql(
            "SELECT subject, place FROM outbox WHERE state IN ('PENDING', 'SENT')"
        )
        assert all(subject in held and place > held[subject] for subject, place in owed)


OutboxMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
TestOutboxStates = OutboxMachine.TestCase
