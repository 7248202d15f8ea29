"""The acknowledgement protocol, driven through its transitions in any order that chance finds."""

import os
from random import Random

import pytest
from fakes_protocol import OMS
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from protocol_machine import ASKED, FATES, GOING_ON, KINDS, TRICKS, Protocol


def walk(seed: int, steps: int) -> None:
    """The same machine, led by an even chance: hypothesis looks for corners, this goes on for longer."""
    chance = Random(seed)
    world = Protocol()
    names, clients = ["desk-1", "desk-2"], ["blr-01.desk-1", "blr-01.desk-2", OMS]
    try:
        world.begin()
        for _ in range(steps):
            number, then = chance.randint(1, 3), chance.randint(0, 2)
            match chance.randrange(6):
                case 0 | 1:
                    subjects = chance.choices("ABCD", k=number)
                    world.staff_work(chance.choice(names), subjects, chance.choice(KINDS), then)
                case 2:
                    world.things_go_on(chance.choice(GOING_ON), chance.choice(names), number)
                case 3:
                    place = chance.randint(0, 5)
                    world.network_misbehaves(chance.choice(TRICKS), chance.choice(clients), place, then)
                case 4:
                    world.somebody_dies(chance.choice(FATES), chance.choice([*names, OMS]), number, then)
                case 5:
                    world.somebody_asks(chance.choice(ASKED), chance.choice(names), number)
            world.always()
    finally:
        world.teardown()


class SettlesOnPuback(Protocol):
    """The same with a station that believes the broker: what the whole protocol is there to avoid."""

    settle_on_puback = True


EXAMPLES = int(os.environ.get("DARKSTORE_PROTOCOL_EXAMPLES", "0"))  # a campaign by hand, on chance of its own


def _settings(examples: int, *phases: Phase) -> settings:
    return settings(
        max_examples=EXAMPLES or examples,
        derandomize=not EXAMPLES,
        stateful_step_count=30,
        phases=phases,
        suppress_health_check=list(HealthCheck),
    )


def test_the_protocol_holds_in_any_order_of_events() -> None:
    run_state_machine_as_test(Protocol, settings=_settings(25, Phase.generate, Phase.shrink))


@pytest.mark.parametrize("seed", range(EXAMPLES or 8))
def test_the_protocol_holds_on_a_long_walk(seed: int) -> None:
    walk(seed, 50)


def test_a_station_that_settles_on_a_puback_is_found_out() -> None:
    with pytest.raises(AssertionError, match="never recorded by the OMS"):
        run_state_machine_as_test(SettlesOnPuback, settings=_settings(20, Phase.generate))
