"""From nothing to the books, as somebody does it who has just installed Wellhead."""

from __future__ import annotations

import socket
from pathlib import Path

from tests.support.program import Program
from wellhead.chain import dev_account
from wellhead.model.service import served
from wellhead.model.units import HOUR, Q


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_newcomers_path(tmp_path: Path) -> None:
    """Through the installed program, from another folder, with nothing exported but where state
    goes; all commands find the node by themselves."""
    wellhead = Program(tmp_path)
    operator, tenant, holder = (dev_account(index).address for index in (1, 5, 9))
    assert "Operators register clusters" in wellhead("--help")
    up = wellhead.json("up", "--port", free_port(), "--finality", 1)
    try:
        assert (up["earlier"], up["accounts"]["operator"]) == (False, operator)
        price = ["--price", "$2.50/GPU-hour", "--name", "Fjord GPUs", "--symbol", "FJORD"]
        assert wellhead.json("cluster", "register", *price, "--yes")["cluster"] == "1"
        assert wellhead.json("mint", "--cluster", 1, "--units", 64, "--yes")["attested"] == "64"
        # Everybody has a credential.
        assert wellhead.json("transfer", 1, 9, 16, "--yes")["to"] == holder
        order = ["--cluster", 1, "--units", 16, "--hours", 3, "--start", "now+1"]
        quote = wellhead.json("quote", *order)
        lease = wellhead.json("lease", "open", *order, "--yes")
        assert lease["cost"] == quote["cost"]
        began = int(lease["start"])

        wellhead.json("skip", "--hours", 8)
        sick = wellhead.json("doctor", code=6)
        (wrong,) = [found for found in sick["findings"] if found["state"] == "wrong"]
        assert "3 booked hours without a report" in wrong["message"]
        assert f"wellhead report --cluster 1 --hour {began}" in wrong["advice"]
        # In the last hour half of what was booked was there.
        for hour, hours, working in ((began, 2, 64), (began + 2, 1, 8)):
            report = ["report", "--cluster", 1, "--hour", hour, "--hours", hours]
            said = wellhead.json(*report, "--working", working, "--yes")
            assert said["recorded"] == str(hours)
        wellhead.json("skip", "--hours", 2)

        settled = wellhead.json("lease", "settle", "--cluster", 1, "--yes")
        refund, cost = int(settled["refunded"]), int(lease["cost"])
        lost = Q - served(available=8000, covered=16 * HOUR, sla=990_000, penalty=1_000_000)
        assert 0 <= cost * lost // (3 * Q) - refund <= 1
        claimed = wellhead.json("revenue", "claim", "--account", 5, "--yes")
        assert (int(claimed["cash"]), claimed["to"]) == (refund, tenant)

        shown = wellhead.json("revenue", "show", "--account", operator)
        (books,) = shown["clusters"]
        scale = int(shown["ledger_scale"])
        parts = ("routed", "undistributed", "refunded", "refund_owed", "escrowed")
        assert int(books["paid_in"]) == cost * scale == sum(int(books[part]) for part in parts)
        assert int(books["refunded"]) == refund * scale
        assert int(books["escrowed"]) == 0
        owed = {each["source"]: int(each["cash"]) for each in shown["claimable"]}
        assert owed["vault"] * scale == int(books["operator"])
        assert int(books["outage_refund"]) >= int(books["refunded"])

        wellhead.json("skip", "--hours", 25)
        sick = wellhead.json("doctor", code=6)
        (wrong,) = [found for found in sick["findings"] if found["state"] == "wrong"]
        assert "wait to be turned into bitcoin, some of it for 1 day 1 hour" in wrong["message"]
        assert wrong["advice"] == "`wellhead revenue sweep 1`"
        swept = wellhead.json("revenue", "sweep", 1, "--yes")
        assert int(swept["spent"]) * scale == int(books["bitcoin_pending"])
        # The pool is deep: what a bitcoin costs and the pool's fee, rounded up to one unit of it.
        fair = int(swept["spent"]) * (Q - 500) // (1000 * Q)
        assert 0 <= fair - int(swept["received"]) <= 1
        assert wellhead.json("doctor")["healthy"] is True

        wellhead.json("skip", "--hours", 24)
        claimed = wellhead.json("revenue", "claim", "--account", 9, "--yes")
        assert claimed["to"] == holder
        cash = int(books["holders_cash"]) // scale
        assert 0 <= cash * 16 // 64 - int(claimed["cash"]) <= 1
        bitcoin = int(swept["received"]) - int(swept["tip"])
        assert 0 <= bitcoin * 16 // 64 - int(claimed["reserve"]) <= 1
    finally:
        assert wellhead.json("down", "--forget")["stopped"] is True
