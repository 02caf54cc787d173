"""The errors of coins and of the libraries under the contracts, as sentences."""

from __future__ import annotations

from collections.abc import Callable

from wellhead.cli.amounts import show_span

Sentence = Callable[..., str]


def _bits(bits: int, value: int) -> str:
    return f"The number {value} is too large: it must fit into {bits} bits."


_COINS: dict[str, Sentence] = {
    "ERC20InvalidApprover": lambda account: f"{account} can not approve anything.",
    "ERC20InvalidReceiver": lambda account: f"{account} can not receive this coin.",
    "ERC20InvalidSender": lambda account: f"{account} can not send this coin.",
    "ERC20InvalidSpender": lambda account: f"{account} can not be allowed to spend.",
    "SafeERC20FailedOperation": lambda coin: f"Coin {coin} refused the transfer.",
    "TestCoin_Blocked": lambda account: f"{account} is blocked by the coin's issuer.",
    "TestCoin_Paused": lambda: "The coin's issuer has paused all transfers.",
}

_LEASE_TOKEN: dict[str, Sentence] = {
    "AccountBalanceOverflow": lambda: "The account can not hold any more leases.",
    "BalanceQueryForZeroAddress": lambda: "The zero address owns no leases.",
    "NotOwnerNorApproved": lambda: "Only a lease's owner, or whom the owner approved, may do this.",
    "TokenAlreadyExists": lambda: "The lease exists already.",
    "TokenDoesNotExist": lambda: "There is no such lease.",
    "TransferFromIncorrectOwner": lambda: "The lease belongs to somebody else.",
    "TransferToNonERC721ReceiverImplementer": lambda: (
        "The receiver is a contract that does not accept leases."
    ),
    "TransferToZeroAddress": lambda: "A lease can not be sent to the zero address.",
}

_ROLES: dict[str, Sentence] = {
    "AccessManagedInvalidAuthority": lambda authority: f"{authority} can not be the authority.",
    "AccessManagedRequiredDelay": lambda caller, delay: (
        f"{caller} may do this only {show_span(delay)} after scheduling it."
    ),
    "AccessManagedUnauthorized": lambda caller: (
        f"{caller} does not have the role that this needs: the governor grants it."
    ),
    "AccessManagerAlreadyScheduled": lambda operation: "This operation is scheduled already.",
    "AccessManagerBadConfirmation": lambda: "A role can be given up by its holder only.",
    "AccessManagerExpired": lambda operation: "The scheduled operation has expired.",
    "AccessManagerInvalidInitialAdmin": lambda admin: f"{admin} can not be the governor.",
    "AccessManagerLockedFunction": lambda selector: "This function's role can not be changed.",
    "AccessManagerLockedRole": lambda role: f"Role {role} can not be changed.",
    "AccessManagerNotReady": lambda operation: "The scheduled operation's delay is not over.",
    "AccessManagerNotScheduled": lambda operation: "This operation was not scheduled.",
    "AccessManagerUnauthorizedAccount": lambda caller, role: f"{caller} does not have role {role}.",
    "AccessManagerUnauthorizedCall": lambda caller, target, selector: (
        f"{caller} may not call this function of {target}."
    ),
    "AccessManagerUnauthorizedCancel": lambda sender, caller, target, selector: (
        f"{sender} may not cancel what {caller} scheduled."
    ),
    "AccessManagerUnauthorizedConsume": lambda target: f"{target} may not use this schedule.",
}

_GENERAL: dict[str, Sentence] = {
    "AddressEmptyCode": lambda target: f"There is no contract at {target}.",
    "ECDSAInvalidSignature": lambda: "A signature is no signature of anybody.",
    "ECDSAInvalidSignatureLength": lambda length: f"A signature can not have {length} bytes.",
    "ECDSAInvalidSignatureS": lambda s: "A signature is not in its canonical form.",
    "FailedCall": lambda: "A call to another contract failed.",
    "InsufficientBalance": lambda balance, needed: (
        f"The contract has {balance:,} wei, and {needed:,} are needed."
    ),
    "InvalidAccountNonce": lambda account, nonce: (
        f"The signature is not for {account}'s next nonce, {nonce}."
    ),
    "InvalidShortString": lambda: "A stored text is damaged.",
    "ReentrancyGuardReentrantCall": lambda: "A coin called back in the middle of a payment.",
    "SafeCastOverflowedUintDowncast": _bits,
    "StringTooLong": lambda text: f"The text {text!r} is too long.",
}

LIBRARIES: dict[str, Sentence] = {**_COINS, **_LEASE_TOKEN, **_ROLES, **_GENERAL}
