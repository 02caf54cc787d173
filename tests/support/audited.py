"""The audit's rebuilding against a whole stage, quickly: for the end of a test, or of an example of
a property."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from tests.support.stage import FINALITY, Stage
from wellhead.audit.blocks import RawLog
from wellhead.audit.decode import decoders_of
from wellhead.audit.dump import dumped
from wellhead.audit.replay import Finding, Findings, Log, Replay
from wellhead.audit.replays.token import TokenReplay
from wellhead.audit.state import shown
from wellhead.audit.whole import Chain, Setting
from wellhead.chain import Contract

#: Decimals of the stage's coins.
CASH, RESERVE = 6, 8
#: Words of storage by contract and slot.
Words = dict[int, dict[int, int]]


def check(stage: Stage, *, whole: bool = True) -> Chain:
    """Rebuild all contracts from the logs since the deployment; there must be no finding, and every
    word of storage must be what the node has. `whole` asks the node for all words that there are,
    and takes longer; without it, only those are compared that events speak of."""
    chain, found = rebuilt(stage)
    assert not found, "\n".join(map(str, found[:10]))
    stored = stored_words(stage) if whole else _asked(stage, list(chain.contracts()))
    wrong = list(differences(stored, chain.contracts()))
    assert not wrong, "\n".join(wrong[:10])
    return chain


def check_token(
    stage: Stage, token: Contract, cash: int = CASH, reserve: int = RESERVE, *, whole: bool = True
) -> TokenReplay:
    """Rebuild one token from its own events, whoever stands in for its registry and its router;
    `cash` and `reserve` are its coins' decimals. All revenue must be accounted for."""
    findings, told = Findings(), {name: token.call(name) for name in ("name", "symbol")}
    registration = Log(0, "ClusterRegistered", told, 0, 0, 0)
    replay = TokenReplay(int(token.address, 16), findings, registration, cash, reserve)
    for log in _logs_of(stage, replay):
        replay.apply(log)
    assert not findings.found, "\n".join(map(str, findings.found[:10]))
    stored = stored_words(stage) if whole else _asked(stage, [replay])
    wrong = list(differences(stored, [replay]))
    assert not wrong, "\n".join(wrong[:10])
    assert replay.unaccounted(stage.now()) == (0, 0)
    return replay


def rebuilt(
    stage: Stage, logs: Iterable[tuple[RawLog, int]] | None = None
) -> tuple[Chain, list[Finding]]:
    """All contracts from their logs, or from others, each with its time; and what was found on the
    way."""
    findings = Findings()
    addresses = {name: int(address, 16) for name, address in stage.deployment.addresses.items()}
    deposit = int(stage.contests.call("deposit"))
    chain = Chain(Setting(addresses, FINALITY, deposit, CASH, RESERVE), findings)
    for log, time in raw_logs(stage) if logs is None else logs:
        # What is not ours is left out: coins, pools, and tokens of no cluster.
        if int.from_bytes(log.address, "big") in chain.replays:
            chain.apply([log], time)
    chain.finish(stage.now())
    return chain, findings.found


def raw_logs(stage: Stage, *addresses: str) -> list[tuple[RawLog, int]]:
    """Logs since the deployment with their times, all or those of some contracts."""
    asked: dict[str, Any] = {"fromBlock": hex(stage.deployment.block), "toBlock": "latest"}
    if addresses:
        asked["address"] = addresses
    found = stage.anvil.rpc("eth_getLogs", asked)
    return [(_raw(log), int(log["blockTimestamp"], 16)) for log in found]


def _logs_of(stage: Stage, replay: Replay) -> Iterator[Log]:
    """One contract's events since the deployment."""
    decoders = decoders_of(replay.contract)
    for raw, time in raw_logs(stage, f"{replay.address:#042x}"):
        decoder = decoders[raw.topics[:32]]
        args = decoder(raw.topics, raw.data)
        yield Log(replay.address, decoder.name, args, raw.block, raw.position, time)


def differences(stored: Words, replays: Iterable[Replay]) -> Iterator[str]:
    """Words that the node has otherwise."""
    for replay in replays:
        there = stored.get(replay.address, {})
        ours = {slot: (word, name) for slot, word, name in replay.slots()}
        for slot in ours.keys() | there.keys():
            word, name = ours.get(slot, (0, (f"{slot:#x}",)))
            if word != there.get(slot, 0):
                said = f"{there.get(slot, 0):#x}, events give {word:#x}"
                yield f"{replay.contract}.{shown(name)} is {said}"


def stored_words(stage: Stage) -> Words:
    """All words of all contracts."""
    words = dumped(stage.anvil.rpc, stage.anvil.rpc.integer("eth_blockNumber"))
    assert words is not None
    return words


def _asked(stage: Stage, replays: Iterable[Replay]) -> Words:
    """The words that the replays know of, zeros among them."""
    places = [(replay.address, slot) for replay in replays for slot, *_ in replay.slots()]
    answers = stage.anvil.rpc.batch(
        [("eth_getStorageAt", [f"{at:#042x}", f"{slot:#066x}", "latest"]) for at, slot in places]
    )
    words: Words = {}
    for (at, slot), answer in zip(places, answers, strict=True):
        words.setdefault(at, {})[slot] = int(answer, 16)
    return words


def _raw(log: dict[str, Any]) -> RawLog:
    return RawLog(
        int(log["blockNumber"], 16),
        int(log["logIndex"], 16),
        bytes.fromhex(log["address"][2:]),
        bytes.fromhex("".join(topic[2:] for topic in log["topics"])),
        bytes.fromhex(log["data"][2:]),
    )
