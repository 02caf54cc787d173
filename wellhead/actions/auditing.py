"""Rebuilding everything from events, and comparing it with the chain: see `wellhead.audit`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from wellhead.actions import local
from wellhead.actions.errors import Refusal, SetupError
from wellhead.audit.archive import Archive
from wellhead.audit.coins import is_proven
from wellhead.audit.fetching import TRIES, Fetcher
from wellhead.audit.headers import Header, Reorganised, hash_of, header_of, readable
from wellhead.audit.linking import Linker
from wellhead.audit.replay import Finding, Findings
from wellhead.audit.replays.token_state import CASH_COINS_LOG2, RESERVE_COINS_LOG2, shift_of
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
    others' logs are taken on the node's word; `linked` says whether every block up to this one was
    looked at, `proofs` whether storage was proven, and `coins` whether what the vault has was."""

    block: int
    hash: str
    time: int
    archive: Path
    logs: int
    blocks: int
    proven: int
    linked: bool
    proofs: bool
    coins: bool
    contracts: list[Compared]
    #: Of very many the first ones; `found` is how many there are.
    findings: list[Finding]
    found: int


def archive_file(deployment: Deployment) -> Path:
    """Where what an audit has read of a deployment is kept."""
    name = f"{deployment.chain_id}-{deployment.registry.address.lower()}.sqlite"
    return local.state_folder() / "audit" / name


def head_of(rpc: Rpc, block: int | None) -> Header:
    """The header as of which is audited; the latest one's without a number."""
    header = header_of(rpc, block)
    if header is None:
        raise SetupError(f"the chain has no block {block or 0:,} yet")
    return header


def audit(
    deployment: Deployment,
    working: Working,
    *,
    block: int | None,
    fresh: bool,
    receipts: bool,
    every_block: bool = False,
    show: Callable[[Audit], None] = lambda done: None,
) -> Audit:
    """Read what is new, rebuild everything, and compare it with the state of a block. What was
    found counts as told when `show` has returned, and not where it could not show it."""
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
        fetcher = fetcher_of(deployment, archive, receipts=receipts)
        linked = read(fetcher, header, findings, working, every_block=every_block)
        with working("rebuilding the contracts") as advance:
            chain, blocks, proven = rebuild(setting, fetcher, findings, header, advance)
        state = State(rpc, header, findings)
        with working("comparing storage") as advance:
            agreements = list(state.compare(list(chain.contracts()), advance))
        coins = check_around(deployment, chain, state)
        if hash_of(head_of(rpc, last)) != hash_of(header):
            raise Refusal("Reorganised", block=last)
        clusters = {token.address: cluster for cluster, token in chain.tokens.items()}
        compared = [
            Compared(one, clusters.get(one.address), chain.events[one.address])
            for one in agreements
        ]
        done = Audit(
            last,
            header["hash"],
            int(header["timestamp"], 16),
            path,
            sum(one.events for one in compared),
            blocks,
            proven,
            linked,
            all(one.agreement.proven for one in compared),
            coins,
            compared,
            findings.found,
            findings.count,
        )
        show(done)
        archive.tell(last)
    return done


def setting_of(deployment: Deployment, block: int) -> Setting:
    """What the contracts were made with."""
    addresses = {name: int(address, 16) for name, address in deployment.addresses.items()}
    coins = ((deployment.cash, CASH_COINS_LOG2), (deployment.reserve, RESERVE_COINS_LOG2))
    decimals = [int(coin.call("decimals", block=block)) for coin, _ in coins]
    for said, (_, coins_log2) in zip(decimals, coins, strict=True):
        with readable("eth_call"):
            shift_of(said, coins_log2)
    return Setting(
        addresses,
        int(deployment.oracle.call("finality", block=block)),
        int(deployment.contests.call("deposit", block=block)),
        *decimals,
    )


def fetcher_of(deployment: Deployment, archive: Archive, *, receipts: bool) -> Fetcher:
    """SetupError where the archive was read for other contracts."""
    rpc = deployment.rpc
    contracts = {
        bytes.fromhex(address[2:]): name
        for name, address in deployment.addresses.items()
        if name not in COINS
    }
    addresses = " ".join(sorted(address.hex() for address in contracts))
    archive.require_scope(f"{addresses} from {deployment.block}")
    return Fetcher(
        rpc,
        archive,
        bytes.fromhex(deployment.registry.address[2:]),
        contracts,
        deployment.block,
        Receipts(rpc) if receipts else None,
    )


def read(
    fetcher: Fetcher, header: Header, findings: Findings, working: Working, *, every_block: bool
) -> bool:
    """Read all logs up to a block, and look at every block where that is wanted: whether all of
    them are linked to this one."""
    last, linked, tries = int(header["number"], 16), False, 0
    while True:
        known = len(fetcher.contracts)
        try:
            with working("reading the chain's logs") as advance:
                fetcher.fetch(last, advance)
            if every_block:
                with working("looking at every block") as advance:
                    linked = Linker(fetcher, findings).link(header, advance)
            place = fetcher.archive.place
            if place is not None and place.block == last and place.hash != hash_of(header):
                raise Reorganised
        except Reorganised:
            # It begins anew for contracts that the node had hidden as often as there are such.
            tries += len(fetcher.contracts) == known
            if tries == TRIES:
                raise Refusal("Reorganised", block=last) from None
            continue
        fetcher.archive.require_whole()
        for finding in fetcher.archive.findings(last):
            findings.add(finding)
        return linked


def rebuild(
    setting: Setting, fetcher: Fetcher, findings: Findings, header: Header, advance: Advance
) -> tuple[Chain, int, int]:
    """All contracts from the archive's logs up to a block; how many blocks there were, and how many
    of them are vouched for."""
    chain, blocks, proven = Chain(setting, findings), 0, 0
    last, end = int(header["number"], 16), int(header["timestamp"], 16)
    for block, logs, is_whole in fetcher.archive.blocks(last):
        advance(block.number - fetcher.first, last - fetcher.first)
        if not is_whole:
            for finding in fetcher.reread(block, logs):
                findings.add(finding)
        blocks += 1
        proven += bool(block.proven)
        chain.apply(logs, block.time, end)
    chain.finish(end)
    return chain, blocks, proven


def check_around(deployment: Deployment, chain: Chain, state: State) -> bool:
    """What is beside storage: code, the signers' among it, and coins behind the claims. Whether
    these are proven."""
    oracle, record = chain.oracle, deployment.record
    for name, placed in record.contracts.items():
        state.check_code_hash(name, int(record.addresses[name], 16), placed.code_hash)
    for pointer, code in oracle.signer_contracts():
        state.check_code(oracle.contract, "signers", pointer, code)
    block, vault, proven = int(state.block, 16), chain.vault, True
    for name, coin in (("cash", deployment.cash), ("reserve", deployment.reserve)):
        claims = sum(vault.claims.get(int(coin.address, 16), {}).values())
        held = int(coin.call("balanceOf", deployment.vault.address, block=block))
        if held < claims:
            said, expected = str(held), f"at least {claims}"
            state.findings.add(Finding("Vault", name, "balance", said, expected, kind="total"))
        if claims:
            proven &= is_proven(state, int(coin.address, 16), vault.address, held)
    return proven
