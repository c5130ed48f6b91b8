"""Background work: queues, sharing, and what is kept after a stop, a failure, or when all visitors have gone."""

from __future__ import annotations

import logging
import queue
import time
from collections.abc import Callable
from typing import Any

import pytest
import torch
from streamlit.testing.v1 import AppTest

from pages.work.apology import sentence_for
from pages.work.job_words import status_text
from pages.work.jobs import Job
from pages.work.queue import Board
from pages.work.report import Report
from pages.work.task import Ahead, Lane, State
from tensorllm_core.errors import RequestError, StoppedError
from tests.patience import PATIENCE


class Puppet:
    """Work that does what the test says, one step at a time."""

    def __init__(self) -> None:
        self.steps: queue.SimpleQueue[Callable[[Report], Any]] = queue.SimpleQueue()
        self.answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.runs = 0

    def __call__(self, report: Report) -> Any:
        self.runs += 1
        while True:
            answer = self.steps.get(timeout=PATIENCE)(report)
            self.answers.put(answer)
            if isinstance(answer, Finished):
                return answer.result

    def do(self, step: Callable[[Report], Any]) -> Any:
        self.steps.put(step)
        return self.answers.get(timeout=PATIENCE)

    def goes_on(self, share: float = 0.5) -> bool:
        """Report progress. Returns whether the work should go on."""
        return self.do(lambda report: report.progress(share, "halfway"))

    def publish(self, partial: Any) -> None:
        self.do(lambda report: report.publish(partial))

    def finish(self, result: Any) -> None:
        self.do(lambda report: Finished(result))

    def fail(self, error: BaseException) -> None:
        def step(report: Report) -> None:
            raise error

        self.steps.put(step)


class Finished:
    def __init__(self, result: Any) -> None:
        self.result = result


class World:
    """A board with a clock that the test sets, and sessions that come and go."""

    def __init__(self, **limits: int) -> None:
        self.now = 100.0
        self.gone: set[str] = set()
        self.board = Board(
            connected=lambda session: session not in self.gone, explain=sentence_for, clock=lambda: self.now, **limits
        )

    def start(
        self, key: str, work: Callable[[Report], Any], session: str = "ada", lane: Lane = Lane.LONG, device: str = "cpu"
    ) -> Job:
        return Job(self.board, self.board.start(key, key, work, session, device, lane), session)

    def find(self, key: str, session: str) -> Job | None:
        task = self.board.find(key, session)
        return None if task is None else Job(self.board, task, session)


@pytest.fixture
def world() -> World:
    return World()


def running(world: World, key: str = "a", session: str = "ada") -> tuple[Job, Puppet]:
    puppet = Puppet()
    job = world.start(key, puppet, session)
    assert puppet.goes_on(0.0)
    return job, puppet


def test_jobs_run_in_order_of_asking_and_know_how_many_are_before_them(world: World) -> None:
    first, puppet = running(world)
    order: list[str] = []
    second = world.start("b", lambda report: order.append("b"))
    third = world.start("c", lambda report: order.append("c"))
    assert [job.snapshot.state for job in (first, second, third)] == [State.RUNNING, State.WAITING, State.WAITING]
    assert [job.snapshot.position for job in (first, second, third)] == [0, 1, 2]
    second.stop()
    assert second.snapshot.state is State.STOPPED
    assert third.snapshot.position == 1
    fourth = world.start("d", lambda report: order.append("d"))
    puppet.finish("done")
    assert fourth.wait(PATIENCE)
    assert order == ["c", "d"]


def test_short_work_does_not_wait_behind_long_work_nor_one_device_behind_another(world: World) -> None:
    long, puppet = running(world)
    quick = world.start("quick", lambda report: 1, lane=Lane.QUICK)
    elsewhere = world.start("elsewhere", lambda report: 2, device="cuda:0")
    assert quick.wait(PATIENCE)
    assert elsewhere.wait(PATIENCE)
    assert (quick.snapshot.result, elsewhere.snapshot.result) == (1, 2)
    assert long.snapshot.state is State.RUNNING
    puppet.finish(None)


def test_progress_says_how_much_is_done_and_how_long_the_rest_will_take(world: World) -> None:
    job, puppet = running(world)
    assert job.snapshot.seconds_left is None
    world.now += 30
    puppet.goes_on(0.0)
    for share in (0.1, 0.15, 0.2, 0.25):
        world.now += 4 if share == 0.1 else 2
        puppet.goes_on(share)
    assert (job.snapshot.share, job.snapshot.message, job.snapshot.seconds) == (0.25, "halfway", 40)
    assert job.snapshot.seconds_left == pytest.approx(30)
    world.now += 5
    assert job.snapshot.seconds_left == pytest.approx(25)
    puppet.finish("all")
    assert job.wait(PATIENCE)
    world.now += 100
    assert (job.snapshot.seconds, job.snapshot.seconds_left, job.snapshot.share) == (45, None, 1.0)


@pytest.mark.parametrize(("share", "shown"), [(-1.0, 0.0), (7.0, 1.0), (float("nan"), 0.0)])
def test_a_share_out_of_bounds_is_held(world: World, share: float, shown: float) -> None:
    job, puppet = running(world)
    puppet.goes_on(share)
    assert job.snapshot.share == shown
    puppet.finish(None)


def test_partial_results_show_while_it_runs_and_the_result_takes_their_place(world: World) -> None:
    job, puppet = running(world)
    assert (job.snapshot.partial, job.snapshot.result) == (None, None)
    puppet.publish("some")
    assert (job.snapshot.partial, job.snapshot.result, job.snapshot.published) == ("some", None, 1)
    puppet.finish("all")
    assert job.wait(PATIENCE)
    assert (job.snapshot.state, job.snapshot.partial, job.snapshot.result) == (State.DONE, "all", "all")


def test_stopped_work_keeps_what_it_has_published(world: World) -> None:
    job, puppet = running(world)
    puppet.publish("some")
    job.stop()
    assert job.snapshot.stopping
    assert job.snapshot.state is State.RUNNING
    assert not puppet.goes_on()
    puppet.fail(StoppedError("Stopped; start again."))
    assert job.wait(PATIENCE)
    assert (job.snapshot.state, job.snapshot.result, job.snapshot.sentence) == (State.STOPPED, "some", "")


def test_stopped_work_may_return_what_it_has(world: World) -> None:
    job, puppet = running(world)
    job.stop()
    assert not puppet.goes_on()
    puppet.finish("what there is")
    assert job.wait(PATIENCE)
    assert (job.snapshot.state, job.snapshot.result) == (State.STOPPED, "what there is")


def test_work_that_was_done_before_it_heard_of_the_stop_is_done(world: World) -> None:
    job, puppet = running(world)
    job.stop()
    puppet.finish("all")
    assert job.wait(PATIENCE)
    assert job.snapshot.state is State.DONE


def test_our_errors_are_told_as_they_are(world: World) -> None:
    job, puppet = running(world)
    puppet.fail(RequestError("Expected a question, got none; give one."))
    assert job.wait(PATIENCE)
    assert (job.snapshot.state, job.snapshot.sentence) == (State.FAILED, "Expected a question, got none; give one.")


def test_a_bug_is_logged_once_and_told_as_an_apology_with_its_id(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    job, puppet = running(world)
    with caplog.at_level(logging.ERROR):
        puppet.fail(ZeroDivisionError("secret"))
        assert job.wait(PATIENCE)
        assert job.snapshot.error is not None
        assert sentence_for(job.snapshot.error) == job.snapshot.sentence
    (record,) = caplog.records
    assert record.getMessage().removeprefix("bug ") in job.snapshot.sentence
    assert "ZeroDivisionError: secret" in caplog.text
    assert "secret" not in job.snapshot.sentence


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory."),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"),
    ],
)
def test_running_out_of_memory_is_told_plainly_and_the_next_job_runs(world: World, error: BaseException) -> None:
    job, puppet = running(world)
    puppet.fail(error)
    assert job.wait(PATIENCE)
    assert "more memory than there is" in job.snapshot.sentence
    after = world.start("after", lambda report: 1)
    assert after.wait(PATIENCE)
    assert after.snapshot.result == 1


def test_a_failed_job_lets_go_of_what_its_work_held(world: World) -> None:
    held = []

    class Large:
        def __del__(self) -> None:
            held.append("freed")

    def work(report: Report) -> None:
        large = Large()
        raise MemoryError(str(large))

    job = world.start("a", work)
    assert job.wait(PATIENCE)
    assert held == ["freed"]


def test_a_failed_or_stopped_job_can_be_tried_again(world: World) -> None:
    job, puppet = running(world)
    puppet.fail(RequestError("Expected luck, got none; try again."))
    assert job.wait(PATIENCE)
    job.restart()
    assert puppet.goes_on()
    again = world.find("a", "ada")
    assert again is not None
    assert again.snapshot.state is State.RUNNING
    again.stop()
    puppet.finish("some")
    assert again.wait(PATIENCE)
    assert puppet.runs == 2
    assert world.start("a", lambda report: 3).wait(PATIENCE)


def test_two_who_ask_for_the_same_share_one_computation(world: World) -> None:
    ada, puppet = running(world, session="ada")
    bob = world.start("a", puppet, "bob")
    puppet.finish("all")
    assert ada.wait(PATIENCE)
    assert (ada.snapshot.result, bob.snapshot.result, puppet.runs) == ("all", "all", 1)
    late = world.start("a", puppet, "late")
    assert (late.snapshot.state, late.snapshot.result) == (State.DONE, "all")


def test_a_stop_by_one_leaves_it_running_for_the_other_until_both_want_it(world: World) -> None:
    ada, puppet = running(world, session="ada")
    bob = world.start("a", puppet, "bob")
    puppet.publish("some")
    ada.stop()
    assert puppet.goes_on()
    puppet.publish("more")
    assert (ada.snapshot.state, ada.snapshot.result) == (State.STOPPED, "some")
    assert (bob.snapshot.state, bob.snapshot.partial) == (State.RUNNING, "more")
    job = world.find("a", "ada")
    assert job is not None
    assert job.snapshot.state is State.STOPPED
    bob.stop()
    assert not puppet.goes_on()
    puppet.finish("most")
    assert bob.wait(PATIENCE)
    assert (ada.snapshot.result, bob.snapshot.result) == ("most", "most")


def test_who_has_stopped_may_join_again_while_others_go_on(world: World) -> None:
    ada, puppet = running(world, session="ada")
    world.start("a", puppet, "bob")
    ada.stop()
    ada.restart()
    assert ada.snapshot.state is State.RUNNING
    puppet.finish("all")
    assert ada.wait(PATIENCE)
    assert puppet.runs == 1


def test_a_stop_counts_at_once_when_the_other_has_gone(world: World) -> None:
    ada, puppet = running(world, session="ada")
    world.start("a", puppet, "bob")
    world.gone.add("bob")
    ada.stop()
    assert not puppet.goes_on()
    puppet.finish(None)


def test_a_job_stops_some_seconds_after_everybody_has_gone(world: World) -> None:
    job, puppet = running(world)
    puppet.publish("some")
    waiting = world.start("b", puppet)
    world.gone.add("ada")
    world.now += 60
    assert puppet.goes_on()
    world.now += 9
    assert puppet.goes_on()
    world.now += 2
    assert not puppet.goes_on()
    assert waiting.snapshot.state is State.STOPPED
    puppet.finish(None)
    assert job.wait(PATIENCE)
    # Who lost the connection finds what there was; a newcomer begins anew.
    job_of_ada = world.find("a", "ada")
    assert job_of_ada is not None
    assert job_of_ada.snapshot.result == "some"
    assert world.find("a", "new") is None
    assert world.start("a", lambda report: "anew", "new").wait(PATIENCE)


def soon(holds: Callable[[], bool]) -> bool:
    """Whether it comes to that while a real clock runs."""
    until = time.monotonic() + PATIENCE
    while not holds() and time.monotonic() < until:
        time.sleep(0.02)
    return holds()


def test_work_that_reports_nothing_and_work_that_waits_end_too_when_everybody_has_gone() -> None:
    gone: set[str] = set()
    # The watch runs on a real clock; this one makes its seconds long.
    board = Board(connected=lambda session: session not in gone, clock=lambda: 20 * time.monotonic())
    board.watch()
    silent, waiting = Puppet(), Puppet()
    running = Job(board, board.start("a", "a", silent, "ada", "cpu", Lane.LONG), "ada")
    queued = Job(board, board.start("b", "b", waiting, "ada", "cpu", Lane.LONG), "ada")
    of_bob = Job(board, board.start("c", "c", lambda report: "bob's", "bob", "cpu", Lane.LONG), "bob")
    gone.add("ada")
    assert soon(lambda: running.snapshot.stopping)
    assert soon(lambda: queued.snapshot.state is State.STOPPED)
    assert of_bob.snapshot.position == 1
    silent.finish(None)
    assert of_bob.wait(PATIENCE).result == "bob's"
    assert waiting.runs == 0
    board.close()


def test_who_only_looks_keeps_it_while_looking_and_a_while_longer(world: World) -> None:
    _, puppet = running(world, session="ada")
    bob = world.find("a", "bob")
    assert bob is not None
    world.gone.add("ada")
    for _ in range(5):
        world.now += 100
        assert bob.snapshot.state is State.RUNNING
        assert puppet.goes_on()
    # He has gone to another screen; his tab is still open.
    world.now += 119
    assert puppet.goes_on()
    world.now += 2
    assert puppet.goes_on()
    world.now += 10
    assert not puppet.goes_on()
    puppet.finish(None)


def test_who_asked_keeps_it_without_looking(world: World) -> None:
    _, puppet = running(world)
    for _ in range(5):
        world.now += 1000
        assert puppet.goes_on()
    puppet.finish(None)


def test_after_a_reload_a_tab_keeps_what_it_asked_for_without_looking(world: World) -> None:
    _, puppet = running(world, session="before")
    world.gone.add("before")
    assert world.find("a", "after") is not None
    for _ in range(5):
        world.now += 1000
        assert puppet.goes_on()
    puppet.finish(None)


def test_what_waits_says_for_what_whose_it_is_and_how_long_that_takes(world: World) -> None:
    first, puppet = running(world, "Comparing", session="ada")
    of_ada = world.start("b", puppet, "ada")
    of_bob = world.start("c", puppet, "bob")
    assert first.snapshot.ahead is None
    assert of_ada.snapshot.ahead == Ahead("Comparing", yours=True, stopping=False, seconds_left=None)
    assert status_text("Asking", of_ada.snapshot) == "Asking: waits for “Comparing”, which you asked for before"
    assert status_text("Asking", of_bob.snapshot) == "Asking: waits for “Comparing” of another visitor and 1 more"
    puppet.goes_on(0.0)
    for share in (0.1, 0.15, 0.2, 0.25):
        world.now += 4 if share == 0.1 else 2
        puppet.goes_on(share)
    assert "of another visitor (about 30 s left) and 1 more" in status_text("Asking", of_bob.snapshot)
    of_bob.stop_ahead()
    assert puppet.goes_on(), "one cannot stop the work of another"
    of_ada.stop_ahead()
    assert status_text("Asking", of_ada.snapshot) == "Asking: waits for “Comparing”, which is stopping"
    assert not puppet.goes_on()
    for job in (of_ada, of_bob):
        job.stop()
    puppet.finish(None)


def test_a_short_loss_of_the_connection_stops_nothing(world: World) -> None:
    _, puppet = running(world)
    for _ in range(5):
        world.gone.add("ada")
        world.now += 6
        assert puppet.goes_on()
        world.gone.clear()
        world.now += 6
        assert puppet.goes_on()
    puppet.finish(None)


def test_a_reload_takes_up_the_running_job(world: World) -> None:
    _, puppet = running(world, session="before")
    world.gone.add("before")
    world.now += 5
    assert puppet.goes_on()
    job = world.find("a", "after")
    assert job is not None
    world.now += 60
    assert puppet.goes_on()
    puppet.finish("all")
    assert job.wait(PATIENCE)
    assert job.snapshot.result == "all"


def test_a_reload_finds_what_was_done_and_what_was_stopped(world: World) -> None:
    job, puppet = running(world, session="before")
    puppet.finish("all")
    assert job.wait(PATIENCE)
    stopped, puppet = running(world, "b", session="before")
    puppet.publish("some")
    stopped.stop()
    assert not puppet.goes_on()
    puppet.finish(None)
    assert stopped.wait(PATIENCE)
    world.gone.add("before")
    jobs = [world.find(key, "after") for key in "ab"]
    assert [job.snapshot.result for job in jobs if job] == ["all", "some"]


def test_a_failure_without_any_result_concerns_only_those_who_were_there(world: World) -> None:
    job, puppet = running(world, session="ada")
    puppet.fail(RequestError("Expected luck, got none; try again."))
    assert job.wait(PATIENCE)
    assert world.find("a", "ada") is not None
    assert world.find("a", "bob") is None


def test_what_is_forgotten_begins_anew(world: World) -> None:
    job, puppet = running(world)
    puppet.finish("all")
    assert job.wait(PATIENCE)
    world.board.forget("a", "ada")
    assert world.find("a", "ada") is None
    job, puppet = running(world)
    world.board.forget("a", "ada")
    assert job.snapshot.stopping
    after = world.start("a", lambda report: "anew")
    assert after.snapshot.position == 1
    puppet.finish(None)
    assert after.wait(PATIENCE)
    assert after.snapshot.result == "anew"


def test_what_one_forgets_the_other_keeps(world: World) -> None:
    _, puppet = running(world, session="ada")
    bob = world.start("a", puppet, "bob")
    world.board.forget("a", "ada")
    assert puppet.goes_on()
    assert world.start("a", puppet, "ada").snapshot.state is State.RUNNING
    puppet.finish("all")
    assert bob.wait(PATIENCE)
    assert puppet.runs == 1


def test_the_results_that_were_looked_at_longest_ago_leave_first() -> None:
    world = World(most_ended=2)
    for key in "abc":
        assert world.start(key, lambda report, key=key: key).wait(PATIENCE)
        world.find("a", "ada")
    assert [key for key in "abc" if world.find(key, "ada")] == ["a", "c"]


def test_an_unknown_key_is_no_job(world: World) -> None:
    assert world.find("nothing", "ada") is None
    world.board.forget("nothing", "ada")


def live_page() -> None:
    import streamlit as st

    from pages.work import jobs
    from tests.pages.test_jobs import slow_count

    job = jobs.job_of(st.query_params["key"])
    if job is None and st.button("Start"):
        job = jobs.start(st.query_params["key"], "Counting", slow_count)
    if job is not None:
        jobs.show_live(job, lambda count: st.metric("Count", count))


def slow_count(report: Report[int]) -> int:
    for count in range(1, 12):
        report.publish(count)
        if not report.progress(count / 12, f"at {count}"):
            return count
        time.sleep(0.1)
    return 12


def visit(key: str) -> AppTest:
    app = AppTest.from_function(live_page, default_timeout=PATIENCE)
    app.query_params["key"] = key
    return app.run()


def until(app: AppTest, holds: Callable[[AppTest], bool]) -> AppTest:
    for _ in range(100):
        if holds(app):
            return app
        time.sleep(0.05)
        app.run()
    raise AssertionError("it did not come to that")


def test_a_page_shows_live_results_then_the_last_also_to_a_new_visit() -> None:
    app = visit("to the end")
    assert not app.metric
    app.button[0].click().run()
    assert app.get("progress")
    assert 0 < int(app.metric[0].value) < 12
    until(app, lambda app: not app.get("progress"))
    assert app.metric[0].value == "12"
    again = visit("to the end")
    assert again.metric[0].value == "12"
    assert not again.get("progress")


def test_stop_on_the_page_keeps_the_partial_result_and_offers_a_restart() -> None:
    app = visit("stopped")
    app.button[0].click().run()
    next(button for button in app.button if button.label == "Stop").click().run()
    until(app, lambda app: not app.get("progress"))
    assert 0 < int(app.metric[0].value) < 12
    assert "stopped at" in app.info[0].value
    next(button for button in app.button if button.label == "Start again").click().run()
    until(app, lambda app: not app.get("progress"))
    assert app.metric[0].value == "12"


def quick_page() -> None:
    import streamlit as st

    from pages.frame.frame import guarded
    from pages.work import jobs
    from tests.pages.test_jobs import QUICK

    guarded(lambda: st.write(jobs.result_of("quick", "Working", QUICK[0])))()


QUICK: list[Callable] = []


def test_short_work_answers_in_the_same_run_and_its_errors_reach_the_page() -> None:
    app = AppTest.from_function(quick_page, default_timeout=PATIENCE)
    QUICK[:] = [lambda progress: "answer"]
    assert app.run().markdown[0].value == "answer"
    QUICK[:] = [lambda progress: 1 // 0]
    assert "id " in app.run().error[0].value
    QUICK[:] = [lambda progress: "another"]
    assert app.run().markdown[0].value == "another"
    assert not app.error
