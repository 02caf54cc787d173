"""Rebuilding everything from events, and comparing it with the chain: see `wellhead.audit`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wellhead.actions import local
from wellhead.actions.errors import Refusal, SetupError
from wellhead.audit.archive import Archive
from wellhead.audit.fetching import Fetcher
from wellhead.audit.replay import Finding, Findings
from wellhead.audit.state import Agreement, State
from wellhead.audit.vouching import Receipts, wrong_header
from wellhead.audit.whole import Chain, Setting
from wellhead.chain import Deployment, Rpc
from wellhead.chain.record import COINS

#: Says how much of a part of the work is done, and of how much.
Advance = Callable[[int, int | None], None]
Working = Callable[[str], AbstractContextManager[Advance]]


@dataclass(frozen=True)
class Compared:
    """One contract: its cluster where it is a token, its events, and how its storage compares."""

    agreement: Agreement
    cluster: int | None
    events: int


@dataclass(frozen=True)
class Audit:
    """An audit as of a block. `proven` of the `blocks` with logs are vouched for by receipts, the
    others' logs are taken on the node's word; `proofs` says whether storage was."""

    block: int
    hash: str
    time: int
    archive: Path
    logs: int
    blocks: int
    proven: int
    proofs: bool
    contracts: list[Compared]
    #: Of very many the first ones; `found` is how many there are.
    findings: list[Finding]
    found: int


def archive_file(deployment: Deployment) -> Path:
    """Where what an audit has read of a deployment is kept."""
    name = f"{deployment.chain_id}-{deployment.registry.address.lower()}.sqlite"
    return local.state_folder() / "audit" / name


def head_of(rpc: Rpc, block: int | None) -> dict[str, Any]:
    """The header as of which is audited; the latest one's without a number."""
    header = rpc("eth_getBlockByNumber", "latest" if block is None else hex(block), False)
    if header is None:
        raise SetupError(f"the chain has no block {block:,} yet")
    found: dict[str, Any] = header
    return found


def audit(
    deployment: Deployment, working: Working, *, block: int | None, fresh: bool, receipts: bool
) -> Audit:
    """Read what is new, rebuild everything, and compare it with the state of a block."""
    rpc, header = deployment.rpc, head_of(deployment.rpc, block)
    last = int(header["number"], 16)
    if last < deployment.block:
        raise SetupError(f"nothing stood on the chain before block {deployment.block:,}")
    path, findings = archive_file(deployment), Findings()
    for finding in wrong_header(header):
        findings.add(finding)
    if fresh:
        path.unlink(missing_ok=True)
    setting = setting_of(deployment, last)
    with Archive(path) as archive:
        fetcher = fetcher_of(deployment, archive, findings, receipts=receipts)
        with working("reading the chain's logs") as advance:
            fetcher.fetch(last, advance)
        archive.require_whole()
        with working("rebuilding the contracts") as advance:
            chain, blocks, proven = rebuild(setting, archive, fetcher, findings, last, advance)
    chain.finish(int(header["timestamp"], 16))
    state = State(rpc, header, findings)
    with working("comparing storage") as advance:
        agreements = list(state.compare(list(chain.contracts()), advance))
    check_around(deployment, chain, state)
    if head_of(rpc, last)["hash"] != header["hash"]:
        raise Refusal("Reorganised", block=last)
    clusters = {token.address: cluster for cluster, token in chain.tokens.items()}
    compared = [Compared(a, clusters.get(a.address), chain.events[a.address]) for a in agreements]
    return Audit(
        last,
        header["hash"],
        int(header["timestamp"], 16),
        path,
        sum(one.events for one in compared),
        blocks,
        proven,
        all(one.agreement.proven for one in compared),
        compared,
        findings.found,
        findings.count,
    )


def setting_of(deployment: Deployment, block: int) -> Setting:
    """What the contracts were made with."""
    addresses = {name: int(address, 16) for name, address in deployment.addresses.items()}
    return Setting(
        addresses,
        int(deployment.oracle.call("finality", block=block)),
        int(deployment.contests.call("deposit", block=block)),
        int(deployment.cash.call("decimals", block=block)),
        int(deployment.reserve.call("decimals", block=block)),
    )


def fetcher_of(
    deployment: Deployment, archive: Archive, findings: Findings, *, receipts: bool
) -> Fetcher:
    rpc = deployment.rpc
    contracts = {
        bytes.fromhex(address[2:]): name
        for name, address in deployment.addresses.items()
        if name not in COINS
    }
    return Fetcher(
        rpc,
        archive,
        findings,
        bytes.fromhex(deployment.registry.address[2:]),
        contracts,
        deployment.block,
        Receipts(rpc) if receipts else None,
    )


def rebuild(
    setting: Setting,
    archive: Archive,
    fetcher: Fetcher,
    findings: Findings,
    last: int,
    advance: Advance,
) -> tuple[Chain, int, int]:
    """All contracts from the archive's logs up to a block; how many blocks there were, and how many
    of them are vouched for."""
    chain, blocks, proven = Chain(setting, findings), 0, 0
    for block, logs, is_whole in archive.blocks(last):
        advance(block.number - fetcher.first, last - fetcher.first)
        if not is_whole:
            for finding in fetcher.reread(block, logs):
                findings.add(finding)
        blocks += 1
        proven += bool(block.proven)
        chain.apply(logs, block.time)
    return chain, blocks, proven


def check_around(deployment: Deployment, chain: Chain, state: State) -> None:
    """What is beside storage: code, the signers' among it, and coins behind the claims."""
    oracle, record = chain.oracle, deployment.record
    for name, placed in record.contracts.items():
        state.check_code_hash(name, int(record.addresses[name], 16), placed.code_hash)
    if oracle.sets:
        state.check_code(oracle.contract, "signers", oracle.pointer, oracle.pointer_code())
    block, vault = int(state.block, 16), chain.vault
    for name, coin in (("cash", deployment.cash), ("reserve", deployment.reserve)):
        claims = sum(vault.claims.get(int(coin.address, 16), {}).values())
        held = int(coin.call("balanceOf", deployment.vault.address, block=block))
        if held < claims:
            said, expected = str(held), f"at least {claims}"
            state.findings.add(Finding("Vault", name, "balance", said, expected, kind="total"))
