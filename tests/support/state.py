"""What a refused or idle call must leave alone: the contracts' whole storage, by its roots."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.support.reverts import expect_revert
from tests.support.stage import Stage
from wellhead.chain import Contract


def storage_roots(stage: Stage, *contracts: Contract) -> dict[str, str]:
    """Storage root of these contracts, or of every contract of the market, tokens included."""
    asked = contracts or _all(stage)
    proofs = stage.anvil.rpc.batch([("eth_getProof", [c.address, [], "latest"]) for c in asked])
    return {f"{c.name} {c.address}": p["storageHash"] for c, p in zip(asked, proofs, strict=True)}


@contextmanager
def unchanged(stage: Stage, *contracts: Contract) -> Iterator[None]:
    """The block must not change a bit of the storage of these contracts (of all by default).

    For refused calls, and for calls that read no empty slot: to anvil, a slot that a successful
    transaction only read and found empty is part of the root from then on.
    """
    before = storage_roots(stage, *contracts)
    yield
    after = storage_roots(stage, *contracts)
    assert after == before, f"changed: {[name for name in after if after[name] != before[name]]}"


@contextmanager
def refused(stage: Stage, error: str, *arguments: Any) -> Iterator[None]:
    """The block must revert with exactly this and must change nothing at all."""
    with unchanged(stage), expect_revert(error, *arguments):
        yield


def _all(stage: Stage) -> tuple[Contract, ...]:
    clusters = range(1, stage.registry.call("clusterCount") + 1)
    return (
        stage.authority,
        stage.vault,
        stage.oracle,
        stage.market,
        stage.deployment.exchange,
        stage.contests,
        stage.router,
        stage.compliance,
        stage.deployment.factory,
        stage.registry,
        stage.cash,
        stage.reserve,
        *(stage.token(cluster_id) for cluster_id in clusters),
    )
