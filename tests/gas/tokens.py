"""Capacity tokens in holders' hands, and what they earn there."""

from __future__ import annotations

from collections.abc import Iterator

from tests.gas import earning
from tests.gas.earning import DAY
from tests.gas.table import operation
from tests.support.raw import deploy
from tests.support.shares import key_of, packed
from tests.support.stage import HOUR, MAX, UNIT, Stage
from wellhead.chain import Contract, Receipt
from wellhead.chain.signing import claim_digest, permit_digest


@operation("transfer a plain coin, OpenZeppelin's ERC-20, to compare")
def transfer_plain(stage: Stage, cluster: int) -> Iterator[Receipt]:
    """Between two holders."""
    coin = deploy(stage, "TestPlainCoin", 10 * UNIT)
    coin.send("transfer", stage.holders[0].address, 5 * UNIT, sender=stage.governor)
    yield coin.send("transfer", stage.holders[0].address, UNIT, sender=stage.governor)


@operation("transfer tokens, nothing newly earned", limit=50_000)
def transfer_idle(stage: Stage, cluster: int) -> Iterator[Receipt]:
    """A transfer between two holders, nothing newly earned."""
    _hand_over(stage, cluster)
    yield _transfer(stage, cluster)


@operation("the same to somebody who has none yet")
def transfer_first(stage: Stage, cluster: int) -> Iterator[Receipt]:
    yield _transfer(stage, cluster)


@operation("the same by a spender, out of an allowance")
def transfer_from(stage: Stage, cluster: int) -> Iterator[Receipt]:
    """The allowance is not spent whole."""
    _hand_over(stage, cluster)
    owner, spender, token = stage.holders[0], stage.tenants[0], stage.token(cluster)
    token.send("approve", spender.address, 2 * UNIT, sender=owner)
    arguments = (owner.address, stage.holders[1].address, UNIT)
    yield token.send("transferFrom", *arguments, sender=spender)


@operation("transfer tokens after distributions in both currencies", limit=95_000)
def transfer_after_distribution(stage: Stage, cluster: int) -> Iterator[Receipt]:
    """Both holders have earned cash and bitcoin since their last transfer, not for the first time;
    the bitcoin was swept, or paid in and vested."""
    earning.open_venue(stage)
    _hand_over(stage, cluster)
    earning.after_a_distribution(stage, cluster, sweeps=True)
    _transfer(stage, cluster)
    earning.distribute_all(stage, cluster)
    with stage.scratch():
        earning.sweep(stage, cluster)
        yield _transfer(stage, cluster)
    earning.pay_in(stage, cluster)
    stage.skip(DAY)
    yield _transfer(stage, cluster)


@operation("the same while some of both vests")
def transfer_while_vesting(stage: Stage, cluster: int) -> Iterator[Receipt]:
    _hand_over(stage, cluster)
    earning.after_a_distribution(stage, cluster, hours=3)
    earning.pay_in(stage, cluster)
    stage.skip(HOUR)
    _transfer(stage, cluster)
    earning.distribute_all(stage, cluster)
    stage.skip(6 * HOUR)
    token = stage.token(cluster)
    assert all(token.call(f"{name}Revenue")["unvested"] for name in ("cash", "reserve"))
    yield _transfer(stage, cluster)


@operation("claim a holder's revenue in cash")
def claim(stage: Stage, cluster: int) -> Iterator[Receipt]:
    """A holder's earnings to a wallet that holds some of the coin, not for the first time."""
    _hand_over(stage, cluster)
    earning.after_a_distribution(stage, cluster)
    _claim(stage, cluster)
    earning.distribute_all(stage, cluster)
    receipt = _claim(stage, cluster)
    assert receipt.event("Claimed")["reserve"] == 0
    yield receipt


@operation("claim a holder's revenue in both currencies, plain coins", limit=95_000)
def claim_both(stage: Stage, cluster: int) -> Iterator[Receipt]:
    """The same in both, where neither coin looks at anything but balances."""
    _earn_both(stage, cluster)
    earning.make_coins_plain(stage)
    yield _paid_in_both(stage, cluster, _claim(stage, cluster))


@operation("the same where both coins have a pause and a blocklist")
def claim_both_regulated(stage: Stage, cluster: int) -> Iterator[Receipt]:
    """Each coin reads three slots more: whether it is paused, and two entries of the list."""
    _earn_both(stage, cluster)
    yield _paid_in_both(stage, cluster, _claim(stage, cluster))


@operation("the same for a holder who has signed it")
def claim_for(stage: Stage, cluster: int) -> Iterator[Receipt]:
    _earn_both(stage, cluster)
    token, holder = stage.token(cluster), key_of(stage.holders[0])
    to, deadline = holder.address, stage.now() + DAY
    # A holder's second signature: its nonce is not zero any more.
    _permit(stage, token)
    digest = claim_digest(
        stage.deployment.chain_id,
        token.address,
        token.call("name"),
        holder.address,
        to,
        1,
        deadline,
    )
    signature = packed(holder.sign_digest_vrs(digest))
    receipt = token.send("claimFor", holder.address, to, deadline, signature, sender=stage.relay)
    yield _paid_in_both(stage, cluster, receipt)


@operation("allow a spender by a signature")
def permit(stage: Stage, cluster: int) -> Iterator[Receipt]:
    """A holder's second one, to a spender who had nothing."""
    token = stage.token(cluster)
    _permit(stage, token)
    token.send("approve", stage.tenants[0].address, 0, sender=stage.holders[0])
    yield _permit(stage, token, nonce=1)


@operation("withdraw from the vault")
def withdraw(stage: Stage, cluster: int) -> Iterator[Receipt]:
    """Part of a claim in the vault to a wallet that holds some of the coin."""
    tenant = stage.tenants[0]
    stage.vault.send("deposit", stage.cash.address, tenant.address, 1000, sender=tenant)
    yield stage.vault.send("withdraw", stage.cash.address, tenant.address, 600, sender=tenant)


def _hand_over(stage: Stage, cluster: int) -> None:
    """Make a holder of somebody beside the operator."""
    _transfer(stage, cluster, 10)


def _transfer(stage: Stage, cluster: int, units: int = 1) -> Receipt:
    holder = stage.holders[0].address
    return stage.token(cluster).send("transfer", holder, units * UNIT, sender=stage.operator)


def _earn_both(stage: Stage, cluster: int) -> None:
    """A holder who has claimed in both currencies before has earned both again, by a sweep."""
    earning.open_venue(stage)
    _hand_over(stage, cluster)
    earning.after_a_distribution(stage, cluster, sweeps=True)
    _paid_in_both(stage, cluster, _claim(stage, cluster))
    earning.distribute_all(stage, cluster)
    earning.sweep(stage, cluster)


def _claim(stage: Stage, cluster: int) -> Receipt:
    holder = stage.holders[0]
    return stage.token(cluster).send("claim", holder.address, sender=holder)


def _paid_in_both(stage: Stage, cluster: int, receipt: Receipt) -> Receipt:
    """Of both something was paid, and a fraction stays owed."""
    claimed = receipt.event("Claimed")
    assert claimed["cash"]
    assert claimed["reserve"]
    owed = stage.token(cluster).call("owedLedgerOf", stage.holders[0].address)
    assert all(owed)
    return receipt


def _permit(stage: Stage, token: Contract, nonce: int = 0) -> Receipt:
    owner, spender = key_of(stage.holders[0]), stage.tenants[0].address
    chain, name = stage.deployment.chain_id, token.call("name")
    digest = permit_digest(chain, token.address, name, owner.address, spender, UNIT, nonce, MAX)
    v, r, s = owner.sign_digest_vrs(digest)
    arguments = (owner.address, spender, UNIT, MAX, v, r, s)
    return token.send("permit", *arguments, sender=stage.relay)
