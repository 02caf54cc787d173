"""The reporters who sign: who they are, and how others take their place.

The governor announces others, anybody enacts them two days later, and a guardian removes one at
once. With `dry` the chain is only asked; then there is no receipt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from wellhead.actions.errors import Refusal, SetupError
from wellhead.actions.governing import Call, call_of, govern
from wellhead.actions.quorum import supermajority
from wellhead.chain import Account, Deployment, Receipt
from wellhead.chain.locality import is_local, publicly_known
from wellhead.model.units import ZERO

#: Reporters that there can be.
MOST = 32
#: An account that delegates to code (EIP-7702) still signs for itself.
_DELEGATION = "0xef0100"


@dataclass(frozen=True)
class Signers:
    """Reporters in ascending order of their addresses, and how many of them sign a report."""

    addresses: tuple[str, ...]
    threshold: int

    @property
    def for_recount(self) -> int:
        """How many sign a recount."""
        return supermajority(len(self.addresses), self.threshold)

    @classmethod
    def of(cls, addresses: Sequence[str], threshold: int) -> Signers:
        return cls(tuple(sorted(addresses, key=lambda address: int(address, 16))), threshold)

    @property
    def hash(self) -> bytes:
        """What the oracle keeps of an announcement."""
        listed = [list(self.addresses), self.threshold]
        return bytes(keccak(encode(["address[]", "uint256"], listed)))


@dataclass(frozen=True)
class Announced:
    """Reporters to come, and the unix time from which anybody can enact them."""

    signers: Signers
    enactable_at: int


@dataclass(frozen=True)
class Change:
    """What was done to the reporters, or would be. `after` are those that there are then; for an
    announcement, those that it names. Whoever does it has to schedule it with the authority `delay`
    seconds before. `each` is what every reporter of before was paid."""

    before: Signers
    after: Signers
    by: str
    call: Call
    delay: int = 0
    enactable_at: int | None = None
    each: int = 0
    receipt: Receipt | None = None


def signers_of(deployment: Deployment, block: int | None = None) -> Signers:
    """Who signs now."""
    addresses, threshold = deployment.oracle.call("signers", block=block)
    return Signers(tuple(addresses), int(threshold))


def announced_of(deployment: Deployment) -> Announced | None:
    """What is announced and neither enacted nor void; None where nothing is."""
    oracle = deployment.oracle
    stands, enactable_at = oracle.call("announcement")
    if not int(enactable_at):
        return None
    for event in reversed(oracle.events("SignersAnnounced", deployment.block)):
        named = Signers(tuple(event["signers"]), int(event["threshold"]))
        if named.hash == bytes(stands):
            return Announced(named, int(enactable_at))
    raise SetupError(
        f"the node has no announcement 0x{bytes(stands).hex()} in its logs, but the oracle at "
        f"{oracle.address} has: ask another node"
    )


def announce(
    deployment: Deployment, addresses: Sequence[str], threshold: int, sender: Account, *, dry: bool
) -> Change:
    """Announce other reporters. What the sender has to schedule first is refused, unless `dry`."""
    named = Signers.of(addresses, threshold)
    _require_fit(deployment, named)
    before, arguments = signers_of(deployment), (list(named.addresses), threshold)
    receipt, call, delay = _govern(deployment, "announceSigners", arguments, sender, dry=dry)
    if receipt is None:
        enactable_at = deployment.rpc.now() + delay + int(deployment.oracle.call("SIGNER_DELAY"))
    else:
        enactable_at = int(receipt.event("SignersAnnounced")["enactableAt"])
    return Change(before, named, sender.address, call, delay, enactable_at, receipt=receipt)


def enact(deployment: Deployment, sender: Account, *, dry: bool) -> Change:
    """Put the announced reporters in the place of the present ones."""
    announced = announced_of(deployment)
    if announced is None:
        raise Refusal("MetricsOracle_NotAnnounced")
    named, oracle = announced.signers, deployment.oracle
    before, arguments = signers_of(deployment), (list(named.addresses), named.threshold)
    call = call_of(oracle, "enactSigners", arguments)
    receipt = None
    if dry:
        oracle.call("enactSigners", *arguments, sender=sender.address)
    else:
        receipt = oracle.send("enactSigners", *arguments, sender=sender, gas=None)
    each = _paid_each(deployment, receipt)
    return Change(
        before, named, sender.address, call, 0, announced.enactable_at, each=each, receipt=receipt
    )


def remove(deployment: Deployment, reporter: str, sender: Account, *, dry: bool) -> Change:
    """Remove a reporter at once; what was announced is void then. What the sender has to schedule
    first is refused, unless `dry`."""
    before = signers_of(deployment)
    left = tuple(address for address in before.addresses if address != reporter)
    if left == before.addresses:
        raise Refusal("MetricsOracle_NoSigner", signer=reporter)
    if len(left) < before.threshold:
        count = len(before.addresses)
        raise Refusal("MetricsOracle_TooFewSigners", count=count, threshold=before.threshold)
    after = Signers(left, before.threshold)
    receipt, call, delay = _govern(deployment, "removeSigner", (reporter,), sender, dry=dry)
    each = _paid_each(deployment, receipt)
    return Change(before, after, sender.address, call, delay, each=each, receipt=receipt)


def _govern(
    deployment: Deployment,
    function: str,
    arguments: Sequence[Any],
    sender: Account,
    *,
    dry: bool,
) -> tuple[Receipt | None, Call, int]:
    """Make a restricted call of the oracle, or ask whether it could be made."""
    done = govern(deployment, deployment.oracle, function, arguments, sender, dry=dry)
    return done.receipt, done.call, done.delay


def _paid_each(deployment: Deployment, receipt: Receipt | None) -> int:
    """What every reporter was paid, or would be now."""
    if receipt is None:
        return int(deployment.oracle.call("payReporters"))
    return sum(int(event["each"]) for event in receipt.all("ReportersPaid"))


def _require_fit(deployment: Deployment, named: Signers) -> None:
    """The oracle's own rule; contracts can not sign; a key that everybody has proves nothing."""
    count, local = len(named.addresses), is_local(deployment.rpc)
    distinct = len(set(named.addresses)) == count and ZERO not in named.addresses
    if not (0 < count <= MOST and distinct and count < 2 * named.threshold <= 2 * count):
        raise Refusal("MetricsOracle_InvalidSigners", count=count, threshold=named.threshold)
    for reporter in named.addresses:
        known = None if local else publicly_known(reporter)
        if known is not None:
            raise SetupError(
                f"reporter {reporter} is {known}, whose key everybody has: it is for local chains "
                "only"
            )
        code = str(deployment.rpc("eth_getCode", reporter, "latest"))
        if code != "0x" and not code.startswith(_DELEGATION):
            raise SetupError(f"reporter {reporter} is a contract, and contracts can not sign")
