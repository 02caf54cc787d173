"""`wellhead oracle verify` and `wellhead oracle prove` with reporters that are asked over HTTP."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.cli import Command
from tests.support.evidence import NOW, Market
from tests.support.oracle_network import Fleet, trace_table, write_trace
from tests.support.stage import GENESIS, Stage
from wellhead.oracle import wire
from wellhead.oracle.client import ReporterClient, ReporterRefused
from wellhead.oracle.measurements import Proposal


def put(network: Market, clients: list[ReporterClient], proposal: Proposal) -> None:
    """Let the first three reporters sign a batch, and report it."""
    signed = sorted((int(c.reporter, 16), c.grant(proposal)) for c in clients[:3])
    network.stage.oracle.send(
        "report",
        [sample.encode() for sample in proposal.samples],
        proposal.evidence(network.domain),
        [(signature[:32], signature[32:]) for _, signature in signed],
        sender=network.stage.relay,
    )


def count_again(network: Market, clients: list[ReporterClient], proposal: Proposal) -> None:
    """Let all of them sign the recount of the one hour, and decide the contest."""
    (sample,) = proposal.samples
    signed = sorted((int(c.reporter, 16), c.grant_recount(proposal)) for c in clients)
    signatures = [(signature[:32], signature[32:]) for _, signature in signed]
    call = (sample.encode(), proposal.evidence(network.domain), signatures)
    network.stage.contests.send("recount", *call, sender=network.stage.relay)


def test_reporters_are_asked(wellhead: Command, stage: Stage, tmp_path: Path) -> None:
    """Four real ones measure a recorded trace, sign batches, a recount too, and show what they
    saw."""
    cluster, network = stage.cluster(10), Market(stage)
    lease = stage.lease(cluster, 6, NOW + 1, 3)
    trace = write_trace(tmp_path / "trace.csv", GENESIS, [10] * 90 + [5] * 60 + [8] * 60)
    stage.to_hour(NOW + 3, 600)
    tables = [trace_table(cluster, trace)]
    with Fleet(tmp_path, stage.deployment, {20 + n: tables for n in range(4)}) as fleet:
        clients = [node.client for node in fleet.nodes]
        seen = [s for client in clients for s in client.measurements(cluster, NOW + 1, NOW + 3)]
        proposal = Proposal.of(seen)
        put(network, clients, proposal)
        urls = [word for node in fleet.nodes for word in ("--reporter", node.url)]
        document = wellhead.json("oracle", "verify", cluster, *urls)
        assert (document["verdict"], document["totals"]["raw"]) == ("sound", "8")
        assert document["totals"]["reported"] == "2"

        digest = proposal.digest(network.domain)
        assert clients[0].signed_under(digest) == wire.Batch.of(proposal)
        for client, asked in ((clients[3], digest), (clients[0], bytes(32))):
            with pytest.raises(ReporterRefused) as raised:
                client.signed_under(asked)
            assert raised.value.refused.reason == "unknown"

        stage.contests.send("contest", lease, NOW + 2, sender=stage.tenants[0])
        recount = Proposal.of(s for s in seen if s.key == (cluster, NOW + 2))
        count_again(network, clients, recount)
        document = wellhead.json("oracle", "verify", cluster, *urls)
        assert (document["verdict"], document["totals"]["rejected"]) == ("sound", "1")
        (device, *_) = (
            body["device"]
            for line in clients[0].raw_samples(cluster, NOW + 2).lines
            if (body := json.loads(line))["kind"] == "device"
        )
        prove = ["oracle", "prove", cluster, "--hour", NOW + 2, "--device", device]
        proof = wellhead.json(*prove, *urls)
        assert all(check["holds"] for check in proof["checks"])
        assert proof["evidence"] == "0x" + recount.evidence(network.domain).hex()
        fleet.nodes[2].kill()
        store = ["--store", fleet.nodes[2].folder / "store.sqlite"]
        document = wellhead.json("oracle", "verify", cluster, *urls[:4], *urls[6:], *store)
        assert (document["verdict"], document["totals"]["raw"]) == ("sound", "8")
