"""Signed requests between relays, reporters and tenants.

A signature says who asks, so that one who asks too much can be told from the others. It is no
right: anybody may run a relay with a key of their own.

The account signs the keccak-256 of these lines, each ended by a newline: "wellhead request", the
method, the path with its query, the unix time in seconds, the reporter asked, the keccak-256 of
the body in hexadecimal.
"""

from __future__ import annotations

from collections.abc import Mapping

from eth_utils.crypto import keccak

from wellhead.chain import KeyAccount
from wellhead.oracle.measurements import recovered

ACCOUNT, TIME, SIGNATURE = "wellhead-account", "wellhead-time", "wellhead-signature"

#: Seconds that the clocks of the two sides may lie apart.
LENIENCE = 300


class BadRequest(Exception):  # noqa: N818
    """The request is not signed, or not as it must be; a sentence says why."""


def digest_of(method: str, target: str, time_s: int, reporter: str, body: bytes) -> bytes:
    lines = ("wellhead request", method, target, str(time_s), reporter, keccak(body).hex())
    return keccak("".join(line + "\n" for line in lines).encode())


def headers_for(
    account: KeyAccount, method: str, target: str, time_s: int, reporter: str, body: bytes = b""
) -> dict[str, str]:
    """What to send along. `target` is the path with its query, `reporter` the address asked."""
    r, vs = account.sign_digest(digest_of(method, target, time_s, reporter, body))
    return {ACCOUNT: account.address, TIME: str(time_s), SIGNATURE: "0x" + (r + vs).hex()}


def sender_of(
    headers: Mapping[str, str], method: str, target: str, now_s: int, reporter: str, body: bytes
) -> str:
    """Who signed the request, a checksummed address; BadRequest where nobody did."""
    try:
        account, time_s = headers[ACCOUNT], int(headers[TIME])
        signature = bytes.fromhex(headers[SIGNATURE].removeprefix("0x"))
    except (KeyError, ValueError) as error:
        raise BadRequest(
            f"sign the request: it needs the headers {ACCOUNT}, {TIME} and {SIGNATURE}"
        ) from error
    if abs(now_s - time_s) > LENIENCE:
        raise BadRequest(
            f"the request was signed for {time_s}, and it is {now_s} here: more than {LENIENCE} s "
            "apart"
        )
    if recovered(digest_of(method, target, time_s, reporter, body), signature) != account:
        raise BadRequest(f"the request's signature is not {account}'s")
    return account
