"""Five reporters as real processes on one chain: what they agree on, and what liars, relays, power
cuts and full disks can not do to it. They and the chain are shared; each test has hours of its own.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx
import pytest

from tests.support.cli import Command, command_on
from tests.support.oracle_network import Network, in_order, network_on
from tests.support.stage import HOUR, Stage
from wellhead.chain import UnlockedAccount, dev_account
from wellhead.oracle import requests, wire
from wellhead.oracle.client import ReporterClient, ReporterRefused
from wellhead.oracle.measurements import Proposal, Signed, recovered, root_of
from wellhead.oracle.readings import HourSamples
from wellhead.oracle.reporter.database import LEAST_BYTES

TRUE, NEARLY, FALSE = Network.TRUE, Network.NEARLY, Network.FALSE


@pytest.fixture(scope="module")
def network(deployed: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    with network_on(deployed, tmp_path_factory.mktemp("reporters")) as running:
        yield running


@pytest.fixture
def wellhead(network: Network, tmp_path: Path) -> Command:
    return command_on(network.stage, tmp_path)


def refused(client: ReporterClient, proposal: Proposal, *signatures: bytes) -> wire.Refused:
    with pytest.raises(ReporterRefused) as caught:
        client.grant(proposal, signatures)
    return caught.value.refused


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        (Network.HONEST, [TRUE, TRUE, TRUE, TRUE, FALSE]),
        (Network.LIARS, [TRUE, TRUE, TRUE, FALSE, FALSE]),
        (Network.LITTLE, [TRUE, TRUE, TRUE, NEARLY, FALSE]),
    ],
)
def test_the_chain_records_the_median(network: Network, kind: int, shown: list[int]) -> None:
    hour, later = network.hour(kind), network.hour(kind)
    listed = network.all(hour) + network.all(later)
    assert [one.measurement.sample.available for one in listed] == shown * 2
    proposal = Proposal.of(listed)
    signatures = [node.client.grant(proposal) for node in network.nodes[1:4]]
    receipt = network.report(proposal, signatures)
    assert receipt.event("Reported")["evidence"] == proposal.evidence(network.domain)
    assert network.recorded(hour) == network.recorded(later) == (8000, TRUE)
    late = refused(network.nodes[0].client, proposal)
    assert (late.reason, late.hour) == ("reported", hour)


def test_what_one_shows_leads_to_what_it_signed(network: Network) -> None:
    hour, node = network.hour(), network.nodes[1]
    own = network.own(node, hour)
    raw = node.client.raw_samples(network.cluster, hour)
    lines = [line.encode() for line in raw.lines]
    assert (raw.measurement.signed(), raw.booked, raw.attested) == (own, 4, 10)
    assert root_of(lines) == own.measurement.root
    assert len(HourSamples.parse(lines, hour * HOUR).moments) == own.measurement.moments == 60


def test_a_relay_can_leave_nobody_out(network: Network) -> None:
    """The reporter that is asked was never shown what is missing: it asks the others."""
    hour = network.hour()
    listed = network.all(hour)
    for gone in (0, 1, 4):
        said = refused(network.nodes[0].client, Proposal.of(listed[:gone] + listed[gone + 1 :]))
        assert said.reason == "incomplete"
        assert [body.signed() for body in said.missing] == [listed[gone]]
    assert network.nodes[0].client.grant(Proposal.of(listed))


def test_two_who_sign_everything_get_no_third(network: Network) -> None:
    """Two liars and one honest measurement have the liars' median, and two signatures excuse what
    they leave out; but not where it matters."""
    hour = network.hour(Network.LIARS)
    listed = network.all(hour)
    proposal = Proposal.of([listed[0], *listed[3:]])
    assert proposal.samples[0].available == FALSE
    signatures = [network.signed(index, proposal) for index in (23, 24)]
    for node in network.nodes[:3]:
        assert refused(node.client, proposal, *signatures).reason == "incomplete"
    higher = Proposal((proposal.samples[0],), tuple(listed))
    for node in network.nodes[:3]:
        assert refused(node.client, higher).reason == "not_median"
    assert network.nodes[0].client.grant(Proposal.of(listed))


def test_what_comes_too_late_does_not_undo_what_others_signed(network: Network) -> None:
    """As before, but the one that is left out was honest, and it makes no difference."""
    hour = network.hour()
    listed = network.all(hour)
    proposal = Proposal.of(listed[1:])
    assert refused(network.nodes[0].client, proposal).reason == "incomplete"
    signatures = [network.signed(index, proposal) for index in (21, 22)]
    last = network.nodes[0].client.grant(proposal, signatures)
    network.report(proposal, [last, *signatures])
    assert network.recorded(hour) == (8000, TRUE)


def test_who_signs_two_measurements_counts_for_nothing(network: Network) -> None:
    hour = network.hour(Network.LITTLE)
    listed = network.all(hour)
    contradiction = network.forge(24, hour, TRUE)
    # One of them is enough to know it.
    network.nodes[1].client.push([contradiction])
    for node in network.nodes[:3]:
        said = refused(node.client, Proposal.of(listed))
        assert said.reason == "equivocation"
        assert {body.signed() for body in said.missing} == {listed[4], contradiction}
    proposal = Proposal.of(listed[:4])
    network.report(proposal, [node.client.grant(proposal) for node in network.nodes[:3]])
    assert network.recorded(hour) == (8000, TRUE)


def test_messages_come_twice_late_and_in_any_order(network: Network) -> None:
    hour = network.hour()
    listed = network.all(hour)
    proposal = Proposal.of(listed)
    digest = proposal.digest(network.domain)
    first = network.nodes[2].client.grant(proposal)  # before anybody showed it anything
    orders: Sequence[Sequence[Signed]] = (listed, listed[::-1] * 2, listed[2:], [], listed[:1])
    for node, order in zip(network.nodes, orders, strict=True):
        node.client.push(order)
        node.client.push(order)
    mixed = Proposal(proposal.samples, proposal.measurements[::-1])
    for node in reversed(network.nodes):
        assert recovered(digest, node.client.grant(mixed)) == node.account.address
    assert network.nodes[2].client.grant(proposal) == first


def test_a_recount_takes_all_but_one_who_agree(network: Network) -> None:
    hour = network.hour()
    proposal = Proposal.of(network.all(hour))
    with pytest.raises(ReporterRefused) as caught:
        network.nodes[0].client.grant_recount(proposal)
    assert caught.value.refused.reason == "not_contested"
    network.report(proposal, [node.client.grant(proposal) for node in network.nodes[:3]])
    contests = network.stage.deployment.contests
    contests.send("contest", network.lease, hour, sender=network.stage.tenants[0])
    with pytest.raises(ReporterRefused) as caught:
        network.nodes[4].client.grant_recount(proposal)
    assert caught.value.refused.reason == "disagrees"
    granted = [node.client.grant_recount(proposal) for node in network.nodes[:4]]
    pairs = in_order(proposal.recount_digest(network.domain), granted)
    word, evidence = proposal.samples[0].encode(), proposal.evidence(network.domain)
    receipt = contests.send("recount", word, evidence, pairs, sender=network.stage.relay)
    assert receipt.event("Ended")["available"] == TRUE


def test_bad_requests(network: Network) -> None:
    node = network.nodes[3]
    target = f"/measurements?cluster={network.cluster}&begin=1&end=2"
    with httpx.Client(base_url=node.url, trust_env=False) as http:

        def ask(age: int = 0, account: int = 31, body: bytes = b"") -> int:
            method, path = ("POST", "/measurements") if body else ("GET", target)
            signed = (int(time.time()) - age, node.account.address, body)
            headers = requests.headers_for(dev_account(account), method, path, *signed)
            return http.request(method, path, headers=headers, content=body).status_code

        assert http.get(target).status_code == 401
        assert [ask(), ask(age=400), ask(body=b" " * 1_000_001)] == [200, 401, 413]
        # Long bodies count as many requests.
        assert [ask(account=32, body=b" " * 900_000) for _ in range(20)][::19] == [422, 429]
        assert ask() == 200


def test_a_device_counts_in_one_cluster(network: Network) -> None:
    hour, node = network.hour(), network.nodes[0]
    assert network.own(node, hour, network.other).measurement.sample.working == 0
    assert network.own(node, hour).measurement.sample.working == 8000
    raw = node.client.raw_samples(network.other, hour)
    assert not any('"kind":"reading"' in line for line in raw.lines)
    problems = " ".join(node.client.health().problems)
    assert f"2 devices of cluster {network.other} count as absent, they stand in" in problems


def test_a_clock_that_is_wrong_measures_no_live_source(network: Network) -> None:
    """This chain's time stands still, months away from the machine's."""
    hour, node = network.hour(), network.nodes[1]
    found = node.client.measurements(network.other, hour, hour + 1)
    assert node.account.address not in {one.reporter for one in found}
    health = node.client.health()
    assert health.skew_s is not None
    assert abs(health.skew_s) > 120
    assert any("looks at live sources have no place" in problem for problem in health.problems)
    metrics = httpx.get(node.url + "/metrics", trust_env=False).text
    assert "\nwellhead_reporter_skew_seconds " in metrics


def test_a_lease_that_is_used_says_so(network: Network, wellhead: Command) -> None:
    hour = network.stage.hour() - 20
    urls = [word for node in network.nodes[:2] for word in ("--reporter", node.url)]
    beat = ["oracle", "heartbeat", "--lease", network.lease, "--hour", hour]
    dry = wellhead.json(*beat, *urls, "--dry-run")
    assert (dry["signature"], dry["reporters"], dry["units"]) == (None, [], "4")
    assert "has the use of lease" in wellhead.refused(4, *beat, *urls, "--account", 6, "--yes")
    assert "has 4 units: 5 of them" in wellhead.refused(5, *beat, "--units", 5, *urls, "--yes")
    early = ["oracle", "heartbeat", "--lease", network.lease, "--hour", "now-25"]
    answers = wellhead.json(*early, *urls, "--yes", code=1)["reporters"]
    assert [answer["outcome"] for answer in answers] == ["refused"] * 2
    assert "the 24 before it" in answers[0]["detail"]
    # The user comes before the owner.
    user, owner = UnlockedAccount(dev_account(6).address), network.stage.tenants[0]
    until = network.stage.now() + HOUR
    network.stage.market.send("setUser", network.lease, user.address, until, sender=owner)
    assert user.address in wellhead.refused(4, *beat, *urls, "--yes")
    as_user = ["--account", 6, "--yes"]
    made = wellhead.json(*beat, "--units", 3, *urls, *as_user)
    assert [answer["outcome"] for answer in made["reporters"]] == ["taken", "taken"]
    dead = ["--reporter", "http://127.0.0.1:1"]
    answers = wellhead.json(*beat, *urls[:2], *dead, *as_user)["reporters"]
    assert [answer["outcome"] for answer in answers] == ["passed_over", "unanswered"]
    wellhead.json(*beat, *dead, *as_user, code=3)
    for node, beats in zip(network.nodes[:3], (1, 1, 0), strict=True):
        assert network.own(node, hour).measurement.heartbeats == beats
    shown = network.nodes[0].client.raw_samples(network.cluster, hour).lines
    assert any(made["signature"] in line for line in shown)


def test_how_a_reporter_is_can_be_seen(network: Network, wellhead: Command) -> None:
    node = network.nodes[2]
    network.own(node, network.hour())
    seen = wellhead.json("reporter", "status", node.url)
    assert (seen["ok"], seen["is_signer"], seen["reporter"]) == (True, True, node.account.address)
    assert node.account.address in wellhead("reporter", "status", node.url).stdout
    ill = wellhead.json("reporter", "status", network.nodes[1].url, code=6)
    assert ill["problems"]
    assert "no reporter answers at" in wellhead.refused(3, "reporter", "status", "http://[::1]:1")


def test_what_keeps_a_reporter_from_starting(network: Network, wellhead: Command) -> None:
    node, serve = network.nodes[0], ("reporter", "serve", "--config")
    assert "can not be read" in wellhead.refused(5, *serve, wellhead.folder / "nothing.toml")
    ours = node.folder / "reporter.toml"
    assert "is in use by another reporter" in wellhead.refused(4, *serve, ours)
    text = ours.read_text("utf-8")
    changed = ours.with_name("other.toml")
    changed.write_text(text.replace("store.sqlite", "other.sqlite"), "utf-8")
    assert f"can not listen at 127.0.0.1:{node.port}" in wellhead.refused(4, *serve, changed)
    changed.write_text(text.replace("deployment.json", "no.json"), "utf-8")
    assert "there is no deployment file" in wellhead.refused(4, *serve, changed)


def test_power_cuts_dead_nodes_and_full_disks(network: Network) -> None:
    """A reporter remembers what it signed, whatever happens to it, and says what is wrong."""
    # The last, and one of the kind LITTLE: its word can not be replaced yet.
    hour, node = network.first + Network.HOURS - 1, network.nodes[2]
    listed = network.all(hour)
    proposal = Proposal.of(listed)
    first = node.client.grant(proposal)
    node.kill()

    # Its node is gone when it comes back.
    node.config["rpc"] = "http://127.0.0.1:1"
    node.start()
    health = node.client.health()
    assert (health.ok, health.is_signer) == (False, None)
    assert "no node answers at http://127.0.0.1:1" in health.problems[0]
    new = Proposal.of(network.own(other, hour - 3) for other in network.nodes if other != node)
    assert refused(node.client, new).reason == "unready"
    assert node.client.grant(proposal) == first
    assert node.stop() == 0

    # Another word for that hour: two who now contradict themselves count for nothing any more.
    node.config |= {"rpc": network.stage.anvil.rpc.url, "max_bytes": 3 * LEAST_BYTES // 2}
    node.start()
    node.client.push([network.forge(index, hour, 1) for index in (20, 21)])
    other = Proposal.of(listed[2:])
    assert [sample.available for sample in other.samples] == [NEARLY]
    said = refused(node.client, other)
    assert (said.reason, said.batch) == ("signed", wire.Batch.of(proposal))

    # Its store is full: it measures and signs nothing, and loses nothing.
    with pytest.raises(ReporterRefused, match="disk is full"):
        node.client.measurements(network.cluster, network.first, network.first + Network.HOURS)
    assert any("disk is full" in problem for problem in node.client.health().problems)
    assert node.client.signed_batch(network.cluster, hour) == wire.Batch.of(proposal)
    assert node.stop() == 0
    del node.config["max_bytes"]
    node.start()
    assert node.client.health().ok
    assert node.client.grant(proposal) == first
    whole = network.all(hour - 3)
    assert node.client.grant(Proposal.of(whole))


def test_nobody_met_an_error_of_their_own(network: Network) -> None:
    for node in network.nodes:
        assert "Traceback" not in node.log
