"""From nothing to the books, as somebody does it who has just installed Wellhead."""

from __future__ import annotations

import socket
from pathlib import Path

from tests.support.program import Program
from wellhead.chain import dev_account
from wellhead.model.service import served
from wellhead.model.units import Q


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_newcomers_path(tmp_path: Path) -> None:
    """Through the installed program, from another folder, with nothing exported but where state
    goes; all commands find the node by themselves."""
    wellhead = Program(tmp_path)
    operator, tenant = dev_account(1).address, dev_account(5).address
    assert "Operators register clusters" in wellhead("--help")
    up = wellhead.json("up", "--port", free_port(), "--finality", 1)
    try:
        assert (up["earlier"], up["accounts"]["operator"]) == (False, operator)
        price = ["--price", "$2.50/GPU-hour", "--name", "Fjord GPUs", "--symbol", "FJORD"]
        assert wellhead.json("cluster", "register", *price, "--yes")["cluster"] == "1"
        assert wellhead.json("mint", "--cluster", 1, "--units", 64, "--yes")["attested"] == "64"
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
        lost = Q - served(available=8000, booked=16, sla=990_000, penalty=1_000_000)
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
        assert 0 <= int(books["holders_cash"]) // scale - owed["cluster 1"] <= 1
        assert int(books["outage_refund"]) >= int(books["refunded"])
    finally:
        assert wellhead.json("down", "--forget")["stopped"] is True
