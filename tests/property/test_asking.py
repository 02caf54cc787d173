"""Asking for very much at once is asking for each."""

from __future__ import annotations

import pytest

from tests.property import asking
from tests.property.asking import MOST, Asker, Call, agree
from tests.support.stage import Stage
from tests.support.values import plain
from wellhead.chain import RpcError


def test_it_hears_what_single_calls_hear(stage: Stage) -> None:
    cluster = stage.cluster(100)
    stage.lease(cluster, 7, stage.hour() + 1, 30)
    stage.skip(5_000)
    token, who = stage.token(cluster), stage.tenants[0].address
    calls = [
        (stage.registry, "clock", ()),
        (stage.market, "baseOf", (cluster,)),
        (stage.market, "leaseOf", (1,)),
        (stage.registry, "clusterOf", (cluster,)),
        (stage.vault, "claimOf", (stage.cash.address, who)),
        (token, "name", ()),
        (token, "claimable", (who,)),
    ]
    asker = Asker(stage.anvil.rpc)
    for _ in range(2):
        stage.skip(7_000)
        single = [plain(contract.call(name, *words)) for contract, name, words in calls]
        assert asker.ask(calls) == single
        agree(asker, list(zip(calls, single, strict=True)))
        single[0] += 1
        with pytest.raises(AssertionError, match=r"CapacityRegistry\.clock\(\)"):
            agree(asker, list(zip(calls, single, strict=True)))


def test_a_view_that_reverts_is_told(stage: Stage) -> None:
    asker = Asker(stage.anvil.rpc)
    told = r"LeaseMarket\.leaseOf\(77,\) reverted: 0x[0-9a-f]{72}"
    with pytest.raises(AssertionError, match=told):
        asker.ask([(stage.registry, "clock", ()), (stage.market, "leaseOf", (77,))])


def test_more_than_the_node_reads_at_once_is_asked_in_parts(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After months of a history there are views of thousands of hours."""
    now = (stage.registry, "clock", ())
    calls: list[Call] = [now, *[(stage.registry, "genesisOf", (n,)) for n in range(4 * MOST)], now]
    clock = stage.registry.call("clock")
    assert Asker(stage.anvil.rpc).ask(calls) == [clock, *[0] * (4 * MOST), clock]
    monkeypatch.setattr(asking, "MOST", len(calls))
    with pytest.raises(RpcError):
        Asker(stage.anvil.rpc).ask(calls)


def test_only_views_are_asked(stage: Stage) -> None:
    with pytest.raises(AssertionError, match="approve"):
        Asker(stage.anvil.rpc).ask([(stage.cash, "approve", (stage.vault.address, 1))])
