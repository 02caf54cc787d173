"""Calls that need a role: asking whether they could be made, and making them.

An account may have to schedule such a call with the authority first and wait. What a multisig is to
send can be shown without sending it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wellhead.actions.errors import Refusal
from wellhead.chain import Account, Contract, Deployment, Receipt


@dataclass(frozen=True)
class Call:
    """A call to a contract, as a multisig or the authority sends it: `to`, and `data`."""

    to: str
    data: str


@dataclass(frozen=True)
class Act:
    """A call that was made, or could be; whoever makes it has to schedule it with the authority
    `delay` seconds before. Without a receipt it was not made."""

    by: str
    call: Call
    delay: int = 0
    receipt: Receipt | None = None


def call_of(contract: Contract, function: str, arguments: Sequence[Any]) -> Call:
    return Call(contract.address, contract.functions[function].encode(arguments))


def govern(
    deployment: Deployment,
    contract: Contract,
    function: str,
    arguments: Sequence[Any],
    sender: Account,
    *,
    dry: bool,
) -> Act:
    """Make a call, or with `dry` ask whether it could be made. What the sender has to schedule
    first is refused, unless `dry`."""
    call = call_of(contract, function, arguments)
    delay = _delay(deployment, contract.functions[function].selector, call, sender.address)
    if delay and not dry:
        raise Refusal("AccessManagedRequiredDelay", caller=sender.address, delay=delay)
    if delay:
        return Act(sender.address, call, delay)
    if dry:
        contract.call(function, *arguments, sender=sender.address)
        return Act(sender.address, call)
    receipt = contract.send(function, *arguments, sender=sender, gas=None)
    return Act(sender.address, call, receipt=receipt)


def _delay(deployment: Deployment, selector: bytes, call: Call, account: str) -> int:
    """Seconds that an account has to wait after scheduling this call; 0 when it need not schedule
    it, or has."""
    authority = deployment.authority
    at_once, delay = authority.call("canCall", account, call.to, selector)
    if at_once or not int(delay):
        return 0
    operation = authority.call("hashOperation", account, call.to, bytes.fromhex(call.data[2:]))
    return 0 if int(authority.call("getSchedule", operation)) else int(delay)
