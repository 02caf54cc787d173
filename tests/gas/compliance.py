"""Who may hold, and what is frozen."""

from __future__ import annotations

from collections.abc import Iterator

from tests.gas.table import operation
from tests.support.stage import UNIT, Stage
from wellhead.chain import Receipt, UnlockedAccount, dev_account


@operation("present a holder's first credential")
def present_credential(stage: Stage, cluster: int) -> Iterator[Receipt]:
    yield stage.credential(dev_account(30).address)


@operation("revoke a credential, by its issuer")
def revoke_credential(stage: Stage, cluster: int) -> Iterator[Receipt]:
    issuer = UnlockedAccount(stage.issuer.address)
    yield stage.compliance.send("revoke", stage.holders[0].address, sender=issuer)


@operation("freeze a holder's tokens of a cluster")
def freeze(stage: Stage, cluster: int) -> Iterator[Receipt]:
    """For the first time."""
    _hand_over(stage, cluster)
    yield _freeze(stage, cluster)


@operation("transfer a holder's frozen tokens by force")
def forced_transfer(stage: Stage, cluster: int) -> Iterator[Receipt]:
    """Some of them, to a holder; nothing newly earned."""
    _hand_over(stage, cluster)
    _freeze(stage, cluster)
    taken = (cluster, stage.holders[0].address, stage.operator.address, 8 * UNIT)
    yield stage.compliance.send("forcedTransfer", *taken, sender=stage.officer)


def _hand_over(stage: Stage, cluster: int) -> None:
    holder = stage.holders[0].address
    stage.token(cluster).send("transfer", holder, 10 * UNIT, sender=stage.operator)


def _freeze(stage: Stage, cluster: int) -> Receipt:
    frozen = (cluster, stage.holders[0].address, 5 * UNIT)
    return stage.compliance.send("setFrozenTokens", *frozen, sender=stage.officer)
