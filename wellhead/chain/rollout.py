"""Carrying out a plan on a live chain, and continuing one that was interrupted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from wellhead.chain import compiler
from wellhead.chain.abi import functions_of
from wellhead.chain.accounts import require_chain
from wellhead.chain.contract import Receipt, Reverted
from wellhead.chain.deployment import Deployment, recorded
from wellhead.chain.journal import Entry, Journal
from wellhead.chain.plan import ADMIN_ROLE, FAREWELL, Creation, Parameters, Step
from wellhead.chain.record import DeploymentError
from wellhead.chain.rpc import Rpc, shown
from wellhead.chain.transactions import Clock, Courier, NonceTaken, Sender, Terms, Unrooted

#: Looks in a row at which the node may not know transactions that it knew.
_TIMES_BEHIND = 30


class Spoiled(DeploymentError):  # noqa: N818
    """The plan can not be completed any more: a contract's address is lost."""


class Rollout:
    """One deployment, from its journal to the record of what stands."""

    def __init__(
        self,
        rpc: Rpc,
        sender: Sender,
        journal: Journal,
        path: Path,
        terms: Terms,
        *,
        say: Callable[[str], None],
        clock: Clock | None = None,
    ) -> None:
        self.rpc = rpc
        self.journal = journal
        self._steps = journal.steps()
        self._path = path
        self._terms = terms
        self._say = say
        self._behind = 0
        self._courier = Courier(
            rpc,
            sender,
            terms,
            chain_id=journal.chain_id,
            start_block=journal.start_block,
            save=self._save,
            say=say,
            clock=clock or Clock(),
        )

    def run(self) -> Deployment:
        """Send what is missing, and wait until all of it is sure."""
        self._save()
        self._forget_what_is_lost()
        while True:
            if not all(entry.mined or self._put(step, entry) for step, entry in self._steps):
                continue
            last = max(entry.block or 0 for entry in self.journal.entries)
            self._courier.wait_for_block(last + self._terms.confirmations - 1)
            if not self._forget_what_is_lost():
                return self._recorded()
            self._say("the chain was reorganised: doing again what it lost")

    def _put(self, step: Step, entry: Entry) -> bool:
        """Whether the step is on chain now; if not, something before it is missing."""
        if entry.label == FAREWELL:
            self._require_governor(entry)
        try:
            receipt = self._courier.deliver(entry, step)
        except NonceTaken as error:
            self._after_a_foreign_transaction(step, entry, error)
            return self._put(step, entry)
        except Unrooted:
            self._behind = 0 if self._forget_what_is_lost() else self._behind + 1
            if self._behind > _TIMES_BEHIND:
                raise DeploymentError(
                    f"the node at {shown(self.rpc.url)} does not know the latest transactions of "
                    f"{self.journal.deployer}: it is behind. The same command continues later"
                ) from None
            return False
        except Reverted:
            if self._forget_what_is_lost():
                return False
            raise
        if receipt["status"] != "0x1":
            failed = f"{entry.label}: transaction {receipt['transactionHash']} failed on chain"
            if isinstance(step, Creation):
                raise Spoiled(f"{failed}, and its address is lost: {self._what_now()}")
            self._take_next_nonces(entry)
            raise DeploymentError(f"{failed}: run this again to send another")
        self._note(entry, receipt)
        self._say(
            f"{entry.label}: mined in block {entry.block} "
            f"({self.journal.done()} of {len(self.journal.entries)})"
        )
        return True

    def _note(self, entry: Entry, receipt: dict[str, Any]) -> None:
        entry.mined = str(receipt["transactionHash"])
        entry.block = int(receipt["blockNumber"], 16)
        if entry.mined not in entry.hashes:
            self._say(f"{entry.label}: found {entry.mined}, sent before the interruption")
        self._save()

    def _after_a_foreign_transaction(self, step: Step, entry: Entry, error: NonceTaken) -> None:
        """Calls can have any nonce; a contract's address is lost with its own."""
        if isinstance(step, Creation):
            raise Spoiled(
                f"{step.name} can not be created at {step.address} any more: {error} of "
                f"{self.journal.deployer}. {self._what_now()}"
            ) from error
        self._say(f"{entry.label}: {error}; taking the next one")
        self._take_next_nonces(entry)

    def _take_next_nonces(self, entry: Entry) -> None:
        """For this call, whose nonce is gone, and for those after it."""
        nonce = self._courier.nonce("latest")
        for later in self.journal.entries[self.journal.entries.index(entry) :]:
            if later.mined is None:
                later.nonce, later.sent = nonce, []
                nonce += 1
        self._save()

    def _what_now(self) -> str:
        left = [e.label for e in self.journal.entries if e.mined and e.address]
        stand = f"{', '.join(left)} stand for nothing. " if left else ""
        return f"{stand}A new deployment, at other addresses, needs your word: give --again"

    def _forget_what_is_lost(self) -> bool:
        """Note which transactions the chain does not have (any more); True if there are any."""
        lost = moved = False
        for step, entry in self._steps:
            if entry.mined is None:
                continue
            receipt = self.rpc("eth_getTransactionReceipt", entry.mined)
            if receipt is not None and self._has_code(step):
                moved |= entry.block != int(receipt["blockNumber"], 16)
                entry.block = int(receipt["blockNumber"], 16)
                continue
            self._say(f"{entry.label}: {entry.mined} is not on the chain any more")
            entry.mined, entry.block, lost = None, None, True
        if lost or moved:
            self._save()
        return lost or moved

    def _has_code(self, step: Step) -> bool:
        if not isinstance(step, Creation):
            return True
        return bool(self.rpc("eth_getCode", step.address, "latest") != "0x")

    def _require_governor(self, entry: Entry) -> None:
        """The deployer only goes when the governor is there."""
        governor, at = self.journal.parameters.governor, self.journal.entries[0].address
        asked = functions_of("Authority")["hasRole"]
        call = {"to": at, "data": asked.encode([ADMIN_ROLE, governor])}
        is_member, _ = asked.decode(bytes.fromhex(self.rpc("eth_call", call, "latest")[2:]))
        if not is_member:
            raise DeploymentError(f"{governor} is not the governor yet: {entry.label} must wait")

    def _recorded(self) -> Deployment:
        put = []
        for step, entry in self._steps:
            receipt = Receipt(str(entry.mined), entry.block or 0, 0, entry.address, ())
            put.append((step, receipt))
        return recorded(self.rpc, self.journal.deployer, self.journal.parameters, put)

    def _save(self) -> None:
        self.journal.save(self._path)


def new_journal(rpc: Rpc, chain_id: int, deployer: str, parameters: Parameters) -> Journal:
    """A plan that begins with the deployer's next transaction."""
    latest, pending = (
        rpc.integer("eth_getTransactionCount", deployer, when) for when in ("latest", "pending")
    )
    if latest != pending:
        raise DeploymentError(
            f"{deployer} has {pending - latest} transaction(s) on their way: wait until they are "
            "mined, since the contracts' addresses follow from its nonce"
        )
    return Journal.fresh(
        chain_id=require_chain(rpc, chain_id),
        deployer=deployer,
        nonce=latest,
        block=rpc.integer("eth_blockNumber"),
        parameters=parameters,
        bytecode_hash=compiler.bytecode_hash(),
    )


def continues(journal: Journal, rpc: Rpc, deployer: str, parameters: Parameters) -> None:
    """Fail unless the journal is of exactly this deployment."""
    differs = None
    if journal.chain_id != rpc.integer("eth_chainId"):
        differs = f"is for chain {journal.chain_id}"
    elif journal.deployer != deployer:
        differs = f"was begun by {journal.deployer}"
    elif journal.parameters.plain() != parameters.plain():
        differs = "was begun with other parameters"
    elif journal.bytecode_hash != compiler.bytecode_hash():
        differs = "was begun with other contracts: their code has changed since"
    elif rpc.integer("eth_getTransactionCount", deployer, "latest") < journal.first_nonce:
        differs = "was begun on another chain with the same id, or the node is behind"
    if differs is not None:
        raise DeploymentError(
            f"the interrupted deployment {differs}: continue it as it was, or give --again to "
            "abandon it for a new one"
        )
