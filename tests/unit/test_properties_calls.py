"""Every function that people may call, where it succeeds: what a pause stops, what a second call
does, and whose money a call can touch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.support.calls import Scene, scene_of
from tests.support.contests import switch
from tests.support.shows import shows
from tests.support.stage import Stage
from tests.support.state import storage_roots
from tests.unit.test_properties_access import CORE, changing
from wellhead.chain import Reverted

#: What only other contracts may call, as a part of what is called here; and what is nobody's.
WITHIN = {
    "CapacityToken": {
        "addCash",
        "addReserve",
        "burn",
        "forcedTransfer",
        "mint",
        "setFrozenTokens",
        "topUp",
    },
    "CapacityTokenFactory": {"create"},
    "LeaseMarket": {"collect"},
    "MetricsOracle": {"decide", "hold", "setAuthority"},
    "RevenueRouter": {"setAuthority", "topUp", "uniswapV3SwapCallback"},
    "CapacityRegistry": {"pause", "setAuthority", "unpause"},
    "Compliance": {"setAuthority"},
    "Vault": {"charge"},
}
#: What a pause stops, and what it says then.
STOPPED = {
    "CapacityRegistry.mint": "CapacityRegistry_Paused",
    "CapacityRegistry.register": "CapacityRegistry_Paused",
    "LeaseMarket.extend": "LeaseMarket_Paused",
    "LeaseMarket.lease": "LeaseMarket_Paused",
}
#: What an account signed for, and what takes tokens or a lease because it is for that.
SIGNED = {"CapacityToken.claimFor"}
MOVES_TOKENS = {"CapacityToken.transferFrom", "Compliance.forcedTransfer"}
MOVES_LEASES = {"LeaseExchange.buy"}


@pytest.fixture(scope="module")
def scene(deployed: Stage) -> Iterator[Scene]:
    with deployed.scratch():
        yield scene_of(deployed)


@shows("AUTH-1")
def test_every_function_is_tried(scene: Scene) -> None:
    for name in CORE:
        tried = {key.partition(".")[2] for key in scene.calls if key.startswith(f"{name}.")}
        assert tried == changing(name) - WITHIN.get(name, set()), name


@shows("PAUSE-1", "PAUSE-2")
def test_a_pause_stops_leases_and_mints_and_nothing_else(scene: Scene) -> None:
    before = {key: scene.attempt(key) for key in scene.calls}
    assert before == dict.fromkeys(scene.calls, "")
    with scene.stage.scratch():
        switch(scene.stage, "pause")
        after = {key: scene.attempt(key) for key in scene.calls}
        assert after == dict.fromkeys(scene.calls, "") | STOPPED
        switch(scene.stage, "unpause")
        assert {key: scene.attempt(key) for key in scene.calls} == before


@shows("ACC-8", "SETTLE-2", "ORA-2", "ORA-14", "ROUT-3", "AUTH-8")
def test_what_anybody_may_do_works_once(scene: Scene) -> None:
    """The second time it is refused, or changes nothing."""
    stage = scene.stage
    anybody = [key for key, (sender, _) in scene.calls.items() if sender is None]
    assert len(anybody) > 15
    for key in anybody:
        with stage.scratch():
            before = storage_roots(stage)
            scene.send(key)
            after = storage_roots(stage)
            assert after != before or key == "CapacityRegistry.flagOffBook", key
            with suppress(Reverted):
                scene.send(key)
            assert storage_roots(stage) == after, key


def holdings(scene: Scene) -> dict[str, tuple[int, int, int, int]]:
    """What people have of cash and bitcoin, wherever it is; their tokens, and their leases."""
    stage, token = scene.stage, scene.contract("CapacityToken")
    people = [stage.governor, stage.operator, stage.guardian, stage.stranger, stage.relay]
    people += [*stage.tenants, *stage.holders, stage.officer]
    who = [*(person.address for person in people), *(key.address for key in stage.reporters)]
    coins, vault = (stage.cash, stage.reserve), stage.vault
    found = [
        *(coin.call_many([("balanceOf", [a]) for a in who]) for coin in coins),
        *(vault.call_many([("claimOf", (coin.address, a)) for a in who]) for coin in coins),
        *(token.call_many([(view, [a]) for a in who]) for view in ("claimable", "balanceOf")),
        stage.market.call_many([("balanceOf", [a]) for a in who]),
    ]
    return {
        address: (cash + claimed + earned[0], reserve + bought + earned[1], tokens, leases)
        for address, cash, reserve, claimed, bought, earned, tokens, leases in zip(
            who, *found, strict=True
        )
    }


@shows("DEF-9", "VAULT-7", "VAULT-13")
def test_what_one_does_takes_nothing_from_another(scene: Scene) -> None:
    stage, before = scene.stage, holdings(scene)
    for key, (sender, _) in scene.calls.items():
        with stage.scratch():
            scene.send(key)
            after = holdings(scene)
        caller = (sender or stage.stranger).address
        for account in before.keys() - {caller}:
            cash, reserve, tokens, leases = (
                now - was for now, was in zip(after[account], before[account], strict=True)
            )
            if key not in SIGNED:
                assert min(cash, reserve) >= 0, f"{key} costs {account}"
            assert tokens >= 0 or key in MOVES_TOKENS, f"{key} moves tokens of {account}"
            assert leases >= 0 or key in MOVES_LEASES, f"{key} moves a lease of {account}"
