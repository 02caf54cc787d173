"""Documents of commands about holders, their credentials, and compliance."""

from __future__ import annotations

from pydantic import Field

from wellhead.cli.documents.parts import Address, Document, Hash, Integer, Part, Sent


class Coins(Part):
    """Stablecoin units, and bitcoin units."""

    cash: Integer
    reserve: Integer


class Vesting(Part):
    """What was earned and has not vested, in the coins' smallest units, and the unix times when all
    of it will have; 0 where nothing vests."""

    cash: Integer
    cash_until: Integer
    reserve: Integer
    reserve_until: Integer


class Credential(Part):
    """A credential; `jurisdiction` is ISO 3166-1's number and `country` its alpha-2 code, null
    where there is none. `expires` is 0 for one that was revoked, at `issued`. `valid` says whether
    it counts now, whatever a policy admits."""

    jurisdiction: Integer
    country: str | None
    class_: Integer = Field(alias="class")
    issued: Integer
    expires: Integer
    issuer: Address
    accredited: bool
    valid: bool


class Holder(Part):
    """`tokens` and `frozen` are 1e-18; `share` is of the supply. `claimable` is as of the block.
    `eligible` says whether it may receive more of the token; else `reason` names what is in the way
    and `message` says it."""

    account: Address
    tokens: Integer
    share: Integer
    frozen: Integer
    claimable: Coins
    claimed: Coins
    credential: Credential | None
    eligible: bool
    reason: str | None
    message: str | None


class Holders(Document):
    """The largest first; former holders only while something is owed to them. `more` held tokens
    once and were not looked at."""

    block: Integer
    cluster: Integer
    token: Address
    policy: Integer
    supply: Integer
    vesting: Vesting
    more: Integer
    holders: list[Holder]


class Transfer(Sent):
    """Amounts are 1e-18 tokens; `from_left` and `to_now` are what the two hold then."""

    cluster: Integer
    from_: Address = Field(alias="from")
    to: Address
    by: Address
    amount: Integer
    from_left: Integer
    to_now: Integer
    transaction: Hash | None


class Statement(Part):
    """What an issuer signed, for a chain and its Compliance contract."""

    chain_id: Integer
    compliance: Address
    issuer: Address
    holder: Address
    jurisdiction: Integer
    country: str | None
    class_: Integer = Field(alias="class")
    issued: Integer
    expires: Integer
    signature: str = Field(pattern=r"^0x([0-9a-f]{2})*$")


class CredentialIssue(Sent):
    """With --offline there is no transaction."""

    credential: Statement
    transaction: Hash | None


class CredentialPresent(CredentialIssue):
    """The same, whoever brought it on chain."""


class CredentialShow(Document):
    """The last five are null without a cluster."""

    account: Address
    credential: Credential | None
    blocked: bool
    system_holder: bool
    cluster: Integer | None
    policy: Integer | None
    eligible: bool | None
    reason: str | None
    message: str | None


class Call(Part):
    """What was sent, or what a multisig has to send; with a `delay`, seconds after scheduling it
    with the authority."""

    to: Address
    data: str
    delay: Integer


class Act(Sent):
    """What somebody with a role did, or would."""

    by: Address
    call: Call
    transaction: Hash | None


class CredentialRevoke(Act):
    holder: Address


class Issuer(Part):
    """Its credentials count while it is accredited."""

    issuer: Address
    number: Integer
    accredited: bool


class Rule(Part):
    jurisdiction: Integer
    country: str | None
    classes: list[Integer]


class Policy(Part):
    """What a policy admits, and the clusters that follow it. Other jurisdictions it does not
    admit."""

    policy: Integer
    clusters: list[Integer]
    rules: list[Rule]


class ComplianceShow(Document):
    block: Integer
    issuers: list[Issuer]
    policies: list[Policy]
    blocked: list[Address]
    system_holders: list[Address]


class ComplianceIssuer(Act):
    """Of `compliance accredit` and `compliance dismiss`."""

    issuer: Address


class ComplianceRule(Act):
    policy: Integer
    jurisdictions: list[Integer]
    classes: list[Integer]


class ComplianceBlock(Act):
    """Of `compliance block` and `compliance unblock`."""

    account: Address
    blocked: bool


class ComplianceFreeze(Act):
    """Amounts are 1e-18 tokens."""

    cluster: Integer
    account: Address
    frozen: Integer
    frozen_before: Integer
    balance: Integer


class ComplianceForce(Act):
    """The amount is 1e-18 tokens."""

    cluster: Integer
    from_: Address = Field(alias="from")
    to: Address
    amount: Integer


class ComplianceSystemHolder(Act):
    account: Address


class ClusterOperator(Act):
    """`unreleased` is what of the operator's share goes to the new one, stablecoin units."""

    cluster: Integer
    former: Address
    operator: Address
    unreleased: Integer
