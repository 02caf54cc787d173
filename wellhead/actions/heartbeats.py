"""Heartbeats: the user of a lease states to reporters that it used it in an hour."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from wellhead.actions.errors import BadInput, SetupError
from wellhead.chain import Account, Deployment, KeyAccount
from wellhead.chain.typed import TypedData, TypedSigner
from wellhead.oracle import wire
from wellhead.oracle.client import ReporterClient, ReporterRefused, ReporterUnreachable

FIELDS = {"leaseId": "uint256", "hour": "uint256", "units": "uint256"}
_NOBODY = "0x" + "0" * 40

#: taken, or it counts for nothing because another came first or the hour was measured; or not.
Outcome = Literal["taken", "passed_over", "refused", "unanswered"]


@dataclass(frozen=True)
class Statement:
    """That `units` units of a lease were used in an hour, for whoever has its use to sign."""

    lease: int
    cluster: int
    hour: int
    units: int
    user: str
    data: TypedData


@dataclass(frozen=True)
class Answer:
    """What one reporter made of it; `detail` is a sentence where it did not take it."""

    url: str
    outcome: Outcome
    detail: str | None = None


def prepare(deployment: Deployment, lease: int, hour: int, units: int | None) -> Statement:
    """The statement for a lease, of all its units if none are given. Reverted where there is no
    such lease, BadInput where it does not cover that."""
    body, user, owner = deployment.market.call_many(
        [("leaseOf", [lease]), ("userOf", [lease]), ("ownerOf", [lease])]
    )
    leased, start, stop = int(body["units"]), int(body["start"]), int(body["stop"])
    units = leased if units is None else units
    if not 1 <= units <= leased:
        raise BadInput(f"lease {lease} has {leased} units: {units} of them can not have been used")
    if not start <= hour < stop:
        raise BadInput(f"lease {lease} covers the hours {start} to {stop - 1}, not hour {hour}")
    return Statement(
        lease=lease,
        cluster=int(body["clusterId"]),
        hour=hour,
        units=units,
        user=str(owner if user == _NOBODY else user),
        data=TypedData(
            domain={
                "name": "Wellhead MetricsOracle",
                "version": "1",
                "chainId": deployment.chain_id,
                "verifyingContract": deployment.oracle.address,
            },
            kind="Heartbeat",
            fields=FIELDS,
            message={"leaseId": lease, "hour": hour, "units": units},
        ),
    )


def sign(deployment: Deployment, statement: Statement, sender: Account) -> bytes:
    """The user's signature, r and vs; SetupError where the sender is not the user or can not sign
    typed data."""
    if sender.address != statement.user:
        raise SetupError(
            f"{statement.user} has the use of lease {statement.lease}, not {sender.address}"
        )
    made = (
        sender.sign_typed(deployment.rpc, statement.data)
        if isinstance(sender, TypedSigner)
        else None
    )
    if made is None:
        raise SetupError(f"whoever holds the key of {sender.address} signs no typed data")
    v, r, s = made
    return r + (int.from_bytes(s, "big") | (v - 27) << 255).to_bytes(32, "big")


def send(statement: Statement, signature: bytes, urls: Sequence[str]) -> list[Answer]:
    """Tell reporters; each is asked, whatever the others answer."""
    body = wire.HeartbeatBody(
        lease_id=statement.lease,
        hour=statement.hour,
        units=statement.units,
        signature="0x" + signature.hex(),
    )
    # Requests are signed so that reporters can tell who asks too much. The statement has a
    # signature of its own, and wallets sign no requests: any key will do.
    account = KeyAccount(secrets.token_bytes(32))
    return [_send(body, url, account) for url in urls]


def _send(body: wire.HeartbeatBody, url: str, account: KeyAccount) -> Answer:
    with ReporterClient(url, account) as client:
        try:
            if client.heartbeat(body):
                return Answer(url, "taken")
            return Answer(
                url, "passed_over", "it measured that hour before, or has another of the lease"
            )
        except ReporterRefused as error:
            return Answer(url, "refused", error.refused.detail)
        except ReporterUnreachable as error:
            return Answer(url, "unanswered", str(error))
