"""Work ahead: only while nobody waits, out of everybody's way, and there when it is asked for."""

from __future__ import annotations

import queue
from collections.abc import Callable
from typing import Any

import pytest

from pages.work.ahead_board import AheadBoard, Wish
from pages.work.jobs import Job
from pages.work.task import Lane, State
from tensorllm_core.errors import RequestError, StoppedError
from tests.pages.test_jobs import Puppet, World
from tests.patience import PATIENCE


class WorldAhead(World):
    """A board with wishes, and a clock that the test sets."""

    def __init__(self, quiet: float = 0.0) -> None:
        super().__init__()
        self.board: AheadBoard = AheadBoard(
            quiet=quiet, connected=lambda session: session not in self.gone, clock=lambda: self.now
        )

    def wish(self, *wishes: tuple[str, Callable[..., Any]], session: str = "ada", device: str = "cpu") -> None:
        self.board.prepare([Wish(key, key, work) for key, work in wishes], session, device)

    def keys(self) -> list[str]:
        """The tasks that wait or run, on all queues."""
        with self.board.changed:
            return [task.key for tasks in self.board._queues.values() for task in tasks]

    def until_idle(self) -> None:
        with self.board.changed:
            assert self.board.changed.wait_for(lambda: not self.keys(), PATIENCE)


@pytest.fixture
def world() -> WorldAhead:
    return WorldAhead()


def wished(world: WorldAhead, key: str = "next", session: str = "ada") -> Puppet:
    puppet = Puppet()
    world.wish((key, puppet), session=session)
    assert puppet.goes_on(0.0)
    return puppet


def gives_way(puppet: Puppet) -> None:
    assert not puppet.goes_on()
    puppet.fail(StoppedError("Stopped; start again."))


@pytest.mark.parametrize("lane", [Lane.QUICK, Lane.LONG])
def test_a_wish_waits_until_nobody_waits_for_its_device(world: WorldAhead, lane: Lane) -> None:
    asked, puppet, order = Puppet(), Puppet(), []
    world.start("asked", asked, lane=lane)
    assert asked.goes_on()
    world.wish(("next", lambda report: order.append("ahead")))
    order.append("asked")
    asked.finish(None)
    world.until_idle()
    assert order == ["asked", "ahead"]
    world.wish(("elsewhere", puppet), device="cuda:0")
    world.start("here", lambda report: 1, lane=lane).wait(PATIENCE)
    assert puppet.goes_on()
    puppet.finish(None)


@pytest.mark.parametrize("lane", [Lane.QUICK, Lane.LONG])
def test_a_wish_gives_way_to_what_is_asked_for_and_begins_again_later(world: WorldAhead, lane: Lane) -> None:
    puppet, asked = wished(world), Puppet()
    job = world.start("asked", asked, lane=lane)
    assert asked.goes_on()
    gives_way(puppet)
    asked.finish("done")
    assert job.wait(PATIENCE).result == "done"
    assert puppet.goes_on()
    assert puppet.runs == 2
    puppet.finish("prepared")
    world.until_idle()


def test_who_asks_for_what_is_being_done_ahead_joins_it_and_then_it_gives_way_no_more(world: WorldAhead) -> None:
    puppet, asked = wished(world), Puppet()
    job = world.start("next", puppet, session="bob", lane=Lane.QUICK)
    world.start("asked", asked, lane=Lane.QUICK)
    assert asked.goes_on()
    assert puppet.goes_on()
    puppet.publish("first")
    assert job.wait_for_any(PATIENCE).partial == "first"
    puppet.finish("all")
    assert job.wait(PATIENCE).result == "all"
    assert puppet.runs == 1
    asked.finish(None)


def test_who_has_joined_may_stop_it_and_begin_again_without_waiting_for_others(world: WorldAhead) -> None:
    puppet, long = wished(world), Puppet()
    job = world.find("next", "bob")
    assert job is not None
    job.stop()
    assert not puppet.goes_on()
    puppet.fail(StoppedError("Stopped; start again."))
    assert job.wait(PATIENCE).state is State.STOPPED
    world.start("long", long)
    assert long.goes_on()
    job.restart()
    assert puppet.goes_on()
    puppet.finish("all")
    long.finish(None)


def test_a_wish_that_waits_begins_at_once_when_somebody_asks_for_it(world: WorldAhead) -> None:
    long, ahead = Puppet(), Puppet()
    world.start("long", long)
    assert long.goes_on()
    world.wish(("next", ahead))
    assert world.start("next", lambda report: "asked", lane=Lane.QUICK).wait(PATIENCE).result == "asked"
    long.finish(None)
    world.until_idle()
    assert ahead.runs == 0


def test_who_asks_for_what_has_just_been_told_to_give_way_gets_a_new_attempt(world: WorldAhead) -> None:
    puppet = wished(world)
    other = Puppet()
    world.start("other", other, lane=Lane.LONG)
    assert other.goes_on()
    assert not puppet.goes_on()
    job = world.start("next", lambda report: "anew", lane=Lane.QUICK)
    assert job.wait(PATIENCE).result == "anew"
    puppet.fail(StoppedError("Stopped; start again."))
    other.finish(None)
    world.until_idle()
    assert puppet.runs == 1


def test_new_wishes_take_the_place_of_the_old_ones_in_their_order(world: WorldAhead) -> None:
    puppet, order = wished(world), []
    works = [(key, lambda report, key=key: order.append(key)) for key in "abc"]
    world.wish(*works)
    assert not puppet.goes_on()
    world.wish(*reversed(works))
    puppet.fail(StoppedError("Stopped; start again."))
    world.until_idle()
    assert order == ["c", "b", "a"]


def test_a_wish_that_is_repeated_goes_on(world: WorldAhead) -> None:
    puppet = wished(world)
    world.wish(("other", lambda report: None), ("next", puppet))
    assert puppet.goes_on()
    puppet.finish(None)
    world.until_idle()
    assert puppet.runs == 1


def test_what_two_wish_for_stays_while_one_of_them_does(world: WorldAhead) -> None:
    puppet = wished(world, session="ada")
    world.wish(("next", puppet), session="bob")
    world.wish(session="ada")
    assert puppet.goes_on()
    world.wish(session="bob")
    assert not puppet.goes_on()
    puppet.finish(None)
    world.until_idle()


def test_a_wish_ends_when_nobody_watches_and_is_not_even_begun(world: WorldAhead) -> None:
    puppet = wished(world)
    world.gone.add("ada")
    assert not puppet.goes_on()
    puppet.fail(StoppedError("Stopped; start again."))
    world.until_idle()
    late = Puppet()
    world.wish(("late", late))
    world.until_idle()
    assert (puppet.runs, late.runs) == (1, 0)


def test_a_wish_stands_still_while_a_page_is_drawn() -> None:
    world = WorldAhead(quiet=1.0)
    puppet = wished(world)
    world.board.touch()
    puppet.steps.put(lambda report: report.progress(0.5, "halfway"))
    with pytest.raises(queue.Empty):
        puppet.answers.get(timeout=0.05)
    with world.board.changed:
        world.now += 2
        world.board.changed.notify_all()
    assert puppet.answers.get(timeout=PATIENCE)
    world.board.touch()
    puppet.finish(None)


def test_the_result_of_a_wish_is_not_kept_on_the_board_nor_its_failure_repeated(world: WorldAhead) -> None:
    puppet = wished(world)
    puppet.finish("kept by the work itself")
    world.until_idle()
    assert world.find("next", "ada") is None
    failing = wished(world, "broken")
    failing.fail(RequestError("Expected luck, got none; try again."))
    world.until_idle()
    world.wish(("broken", failing))
    world.until_idle()
    assert failing.runs == 1
    # Who asks gets an attempt of their own.
    assert world.start("broken", lambda report: 1, lane=Lane.QUICK).wait(PATIENCE).result == 1


def test_a_result_of_a_wish_pushes_no_other_result_off_the_board() -> None:
    world = WorldAhead()
    world.board._size, world.board._most_bytes = (lambda result: 10), 15
    assert world.start("asked", lambda report: "seen").wait(PATIENCE)
    world.wish(("next", lambda report: "prepared"))
    world.until_idle()
    assert isinstance(world.find("asked", "ada"), Job)


def test_a_closed_board_ends_its_wishes(world: WorldAhead) -> None:
    puppet = wished(world)
    world.wish(("next", puppet), ("waiting", puppet))
    world.board.close()
    assert not puppet.goes_on()
    puppet.finish(None)
    world.until_idle()
    assert puppet.runs == 1
