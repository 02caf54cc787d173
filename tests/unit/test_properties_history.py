"""What must hold after a long history, found from the chain and its logs alone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.history import History, live_through
from tests.support.lifecycle import ZERO
from tests.support.records import NO_RECORD
from tests.support.rent import LEDGER, RATE, books
from tests.support.shows import shows
from tests.support.stage import HOUR, UNIT, Q, Stage
from tests.support.values import plain
from wellhead.model.samples import Sample


@pytest.fixture(scope="module")
def lived(deployed: Stage) -> Iterator[History]:
    with deployed.scratch():
        yield live_through(deployed)


def of_(cluster: int) -> dict[str, Any]:
    return {"clusterId": cluster}


@shows("ACC-3", "SETTLE-4", "REV-5", "PAUSE-3", "APART-4")
def test_everything_that_must_only_grow_does(lived: History) -> None:
    assert len(lived.marks) > 50
    for before, after in zip(lived.marks, lived.marks[1:], strict=False):
        fell = {key: (before[key], after[key]) for key in before if after[key] < before[key]}
        assert not fell
    first, last = lived.marks[0], lived.marks[-1]
    still = {key for key, value in last.items() if value == first.get(key, 0)}
    assert {key.split()[-1] for key in still} <= {"held", "era"}, "what does not move shows nothing"


@shows("VAULT-2")
def test_claims_are_what_the_vaults_events_say(lived: History) -> None:
    stage = lived.stage
    claims: Counter[tuple[str, str]] = Counter()
    ends = {"Deposited": ("", "account"), "Moved": ("from", "to"), "Withdrawn": ("account", "")}
    for event in lived.events(*ends):
        for end, sign in zip(ends[event.name], (-1, 1), strict=True):
            if end:
                claims[event["coin"], event[end]] += sign * event["amount"]
        assert min(claims.values()) >= 0, event
    found = stage.vault.call_many([("claimOf", key) for key in claims])
    assert dict(zip(claims, found, strict=True)) == dict(claims)
    assert {account for _, account in claims} <= set(lived.accounts)


@shows("VAULT-1")
def test_the_vault_holds_all_claims_and_no_more(lived: History) -> None:
    """Nobody gave anything to the vault without a deposit in this history."""
    stage = lived.stage
    for coin in (stage.cash, stage.reserve):
        asked = [("claimOf", (coin.address, account)) for account in lived.accounts]
        assert coin.call("balanceOf", stage.vault.address) == sum(stage.vault.call_many(asked))


@shows("SALE-10", "VAULT-11")
def test_no_contract_but_the_vault_holds_anything(lived: History) -> None:
    stage = lived.stage
    coins = [stage.cash, stage.reserve, *(stage.token(c) for c in lived.clusters)]
    for name, contract in lived.contracts.items():
        assert stage.anvil.rpc.integer("eth_getBalance", contract.address, "latest") == 0
        if name == "Vault":
            continue
        held = [coin.call("balanceOf", contract.address) for coin in coins]
        assert held == [0, 0, 0, 0], name
        assert stage.market.call("balanceOf", contract.address) == 0


@shows("REG-1", "REG-17", "TOK-2")
def test_balances_and_supply_are_what_transfers_say(lived: History) -> None:
    for cluster in lived.clusters:
        token, balances = lived.token(cluster), Counter[str]()
        for event in lived.events("Transfer", of=token):
            balances[event["from"]] -= event["value"]
            balances[event["to"]] += event["value"]
            assert min(amount for who, amount in balances.items() if who != ZERO) >= 0
        supply = -balances.pop(ZERO)
        found = token.call_many([("balanceOf", [who]) for who in balances])
        assert dict(zip(balances, found, strict=True)) == dict(balances)
        assert token.call("totalSupply") == supply == sum(balances.values())
        asked = lived.stage.registry.call("clusterOf", cluster)
        units = lived.total("Attested", "units", clusterId=cluster)
        units -= lived.total("Retired", "units", clusterId=cluster)
        assert asked["attested"] * UNIT == units * UNIT == supply
        assert asked["attestations"] == len(lived.events("Attested", clusterId=cluster))
        sellable = lived.events("Attested", "SellableSet", "Retired", clusterId=cluster)[-1]
        assert asked["sellable"] == sellable["sellable"] <= asked["attested"]


@shows("LEASE-16")
def test_owners_of_leases_are_what_transfers_say(lived: History) -> None:
    market, owners = lived.stage.market, dict[int, str]()
    for event in lived.events("Transfer", of=market):
        assert owners.get(event["id"], ZERO) == event["from"], "moved by who did not have it"
        owners[event["id"]] = event["to"]
    assert sorted(owners) == list(range(1, len(owners) + 1))
    living = {lease: owner for lease, owner in owners.items() if owner != ZERO}
    assert sorted(living) == sorted(lived.leases)
    assert market.call_many([("ownerOf", [lease]) for lease in living]) == [*living.values()]
    held = Counter(living.values())
    asked = [("balanceOf", [account]) for account in lived.accounts]
    assert market.call_many(asked) == [held[account] for account in lived.accounts]


@shows("ACC-14", "BOND-8")
def test_the_books_are_what_the_markets_events_say(lived: History) -> None:
    for cluster in lived.clusters:
        found, of = books(lived.stage, cluster), of_(cluster)
        sold = [
            e for e in lived.events("LeaseCancelled") if lived.cluster_of(e["leaseId"]) == cluster
        ]
        earned = lived.total("Accrued", "earned", **of) + sum(e["earned"] for e in sold)
        collected = lived.total("Distributed", "earned", **of)
        assert found["earned"] == earned - collected * LEDGER
        bond = lived.total("BondPosted", "amount", **of)
        bond -= lived.total("BondWithdrawn", "amount", **of)
        spent = lived.total("Accrued", "compensated", **of) + lived.total(
            "Defaulted", "reserved", **of
        )
        assert found["bond"] == bond * LEDGER - spent
        last = lived.events("Accrued", **of)[-1]
        assert (found["cursor"], found["lost"]) == (last["cursor"], last["lost"])
        assert found["era"] == len(lived.events("Defaulted", **of))
        base = lived.events("BaseUpdated", **of)[-1]
        assert (found["base"], found["baseHour"]) == (base["base"], base["hour"])


@shows("LEASE-2", "LEASE-3")
def test_remainders_are_what_was_paid_beyond_the_rent(lived: History) -> None:
    for cluster in lived.clusters:
        left = 0
        for event in lived.events("LeaseOpened", "LeaseExtended"):
            if lived.cluster_of(event["leaseId"]) != cluster:
                continue
            seconds = event.arguments.get("firstSeconds", HOUR)
            rent = event["rate"] * seconds // HOUR
            rent += event["rate"] * (event["end"] - event["start"] - 1)
            beyond = event["cost"] * RATE - rent
            assert 0 <= beyond < RATE, "less than a stablecoin unit"
            left += beyond * Q
        left -= lived.total("Distributed", "remainder", clusterId=cluster) * LEDGER
        assert books(lived.stage, cluster)["remainder"] == left


@shows("SETTLE-1")
def test_refunds_are_what_was_settled(lived: History) -> None:
    refunded: Counter[int] = Counter()
    for event in lived.events("Settled", "UnitsSplit"):
        if event.name == "Settled":
            refunded[event["leaseId"]] += event["amount"]
        else:
            refunded[event["leaseId"]] -= event["refunded"]
            refunded[event["newLeaseId"]] += event["refunded"]
    market = lived.stage.market
    views = market.call_many([("leaseOf", [lease]) for lease in lived.leases])
    due = market.call_many([("refundLedgerOf", [lease]) for lease in lived.leases])
    assert [view["refunded"] for view in views] == [refunded[lease] for lease in lived.leases]
    assert all(view["refunded"] * LEDGER <= ledger for view, ledger in zip(views, due, strict=True))
    assert sum(refunded.values()) > 0


def escrow(lived: History, lease_id: int) -> int:
    """Ledger of the rent of a lease's hours that are neither accrued nor void."""
    market = lived.stage.market
    lease, parts = market.call("leaseOf", lease_id), market.call("partsOf", lease_id)
    cursor, total = books(lived.stage, lease["clusterId"])["cursor"], 0
    for part in parts:
        for hour in range(max(cursor, part["start"]), min(lease["stop"], part["end"])):
            is_first = hour == part["start"]
            total += part["rate"] * part["firstSeconds"] // HOUR if is_first else part["rate"]
    return total * Q


@shows("ACC-16")
def test_the_markets_claim_is_what_its_books_come_to(lived: History) -> None:
    """Over all clusters together, to the last ledger integer."""
    stage = lived.stage
    kept = 0
    for cluster in lived.clusters:
        found = books(stage, cluster)
        kept += found["earned"] + found["remainder"] + found["bond"]
    for lease_id in lived.leases:
        due = stage.market.call("refundLedgerOf", lease_id)
        paid = stage.market.call("leaseOf", lease_id)["refunded"]
        kept += escrow(lived, lease_id) + due - paid * LEDGER
    assert stage.claim_of(stage.market) * LEDGER == kept


def topped_up(lived: History, cluster: int) -> dict[str, int]:
    """What the operator paid for units that were minted, by what it went to."""
    events = lived.events("ToppedUp", of=lived.stage.router)
    found = {
        name: sum(event[name] for event in events if event["clusterId"] == cluster)
        for name in ("pending", "cash", "reserve")
    }
    assert all(found.values()) or cluster != lived.clusters[0], "nothing waited, or nothing vested"
    return found


@shows("ROUT-1", "ROUT-6")
def test_the_routers_claim_is_what_waits_in_it(lived: History) -> None:
    stage, waiting = lived.stage, 0
    for cluster in lived.clusters:
        of = of_(cluster)
        total = stage.router.call("totalOf", cluster)
        assert total == lived.total("Distributed", "earned", **of)
        split = stage.registry.call("termsOf", cluster)["split"]
        parts = {name: total * share // Q for name, share in split.items()}
        parts["cash"] = total * (Q - sum(split.values())) // Q
        carried = stage.router.call("carriedOf", cluster)
        assert carried == total - sum(parts.values()) < 4
        releasable = stage.router.call("releasableOf", cluster)
        remainders = lived.total("Distributed", "remainder", **of)
        assert releasable == (
            parts["operator"] + remainders - lived.total("Released", "operatorAmount", **of),
            parts["reporters"] - lived.total("Released", "reporterAmount", **of),
        )
        brought = topped_up(lived, cluster)["pending"]
        pending = stage.router.call("bitcoinPendingOf", cluster)
        assert pending == parts["bitcoin"] + brought - lived.total("Swept", "spent", **of)
        waiting += carried + sum(releasable) + pending
    assert stage.claim_of(stage.router) == waiting
    assert stage.vault.call("claimOf", stage.reserve.address, stage.router.address) == 0


@shows("REV-1", "REV-17", "SWEEP-5")
def test_a_tokens_claim_is_what_it_took_in_less_what_was_claimed(lived: History) -> None:
    stage = lived.stage
    for cluster in lived.clusters:
        token, of = lived.token(cluster), of_(cluster)
        bought = lived.total("Swept", "received", **of) - lived.total("Swept", "tip", **of)
        brought = topped_up(lived, cluster)
        came = {
            "cash": lived.total("Distributed", "cash", **of),
            "reserve": bought + lived.total("PaidIn", "amount", **of),
        }
        for position, coin in enumerate((stage.cash, stage.reserve)):
            name = ("cash", "reserve")[position]
            view = f"{name}Revenue"
            state = token.call(view)
            added = sum(e["amount"] for e in lived.events(f"{name.title()}Added", of=token))
            claimed = sum(event[name] for event in lived.events("Claimed", of=token))
            assert added == came[name]
            assert sum(e[name] for e in lived.events("ToppedUp", of=token)) == brought[name]
            whole = added + brought[name]
            assert whole == (state["total"] >> state["shift"]) + state["held"]
            claim = stage.vault.call("claimOf", coin.address, token.address)
            assert claim == whole - claimed
            asked = [("owedLedgerOf", [account]) for account in lived.accounts]
            owed = sum(pair[position] for pair in token.call_many(asked))
            ledger = owed + state["carried"] + state["unvested"]
            assert ledger == state["total"] - (claimed << state["shift"])


@shows("SALE-10", "SIG-12", "CON-7")
def test_the_others_claims_are_nobodys_but_who_they_are_for(lived: History) -> None:
    """Deposits of open contests, and what could not be divided among the reporters."""
    stage = lived.stage
    for name in ("LeaseExchange", "CapacityRegistry", "Compliance", "Authority", "Contests"):
        assert stage.claim_of(stage.deployment.contract(name)) == 0, name
    paid = sum(e["each"] * e["reporters"] for e in lived.events("ReportersPaid"))
    came = sum(e["reporterAmount"] for e in lived.events("Released"))
    came += sum(e["deposit"] for e in lived.events("Ended") if e["verdict"] == 1)
    assert stage.claim_of(stage.oracle) == came - paid
    assert len(lived.events("Contested")) == len(lived.events("Ended")) == 3


@shows("REG-10")
def test_terms_are_those_of_the_registration(lived: History) -> None:
    for cluster in lived.clusters:
        (event,) = lived.events("ClusterRegistered", clusterId=cluster)
        found = lived.stage.registry.call("termsOf", cluster)
        assert found == event["terms"]
        assert plain(found) == lived.terms[cluster].encoded()


@shows("ORA-7")
def test_records_are_what_the_oracles_events_say(lived: History) -> None:
    """The first sample of an hour that was not passed over, or a decision about it."""
    stage, records = lived.stage, dict[tuple[int, int], Any]()
    found = lived.events("Reported", "SampleSkipped", "SilenceClosed", "Held", "Decided")
    skipped: defaultdict[int, set[tuple[int, int]]] = defaultdict(set)
    for event in found:
        if event.name == "SampleSkipped":
            skipped[event.block].add((event["clusterId"], event["hour"]))
    for event in found:
        match event.name:
            case "Reported" | "Decided":
                words = event["samples"] if event.name == "Reported" else [event["sample"]]
                for sample in map(Sample.decode, words):
                    key = sample.cluster, sample.hour
                    if event.name == "Decided" or key not in skipped[event.block]:
                        records[key] = (sample, event["finalAt"])
            case "SilenceClosed":
                key = event["clusterId"], event["hour"]
                records[key] = (Sample(*key, 0, 0), event["finalAt"])
    asked = stage.oracle.call_many([("recordOf", key) for key in records])
    for (key, (sample, final_at)), record in zip(records.items(), asked, strict=True):
        assert (record["reported"], record["isContested"]) == (True, False)
        assert record["finalAt"] == final_at
        for name in ("working", "available", "measured", "energy", "work"):
            assert record[name] == getattr(sample, name), key
    assert stage.oracle.call("recordOf", lived.clusters[0], stage.hour()) == NO_RECORD
