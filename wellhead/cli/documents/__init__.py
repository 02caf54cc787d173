"""The documents that commands print with --json. Their names carry a version: a field that goes or
changes its meaning makes a new one, a field that is added does not.
"""

from __future__ import annotations

from typing import Any

from wellhead.cli.documents import (
    audit,
    bonds,
    capacity,
    chain,
    contests,
    deployment,
    efficiency,
    holders,
    leases,
    market,
    oracle,
    relay,
    reporter,
    revenue,
    signers,
)
from wellhead.cli.documents.parts import Document

VERSION = 1

#: Documents by the name that is in them.
MODELS: dict[str, type[Document]] = {
    "up": chain.Up,
    "down": chain.Down,
    "status": chain.Status,
    "doctor": chain.Doctor,
    "skip": chain.Skip,
    "deploy": deployment.Deploy,
    "verify": deployment.Verify,
    "audit": audit.Audit,
    "cluster.register": market.ClusterRegister,
    "cluster.list": market.ClusterList,
    "cluster.show": efficiency.ClusterShow,
    "cluster.sellable": capacity.ClusterSellable,
    "cluster.retire": capacity.ClusterRetire,
    "cluster.operator": holders.ClusterOperator,
    "cluster.bond": bonds.ClusterBond,
    "cluster.default": bonds.ClusterDefault,
    "cluster.recover": bonds.ClusterRecover,
    "cluster.flag": efficiency.ClusterFlag,
    "cluster.efficiency": efficiency.ClusterEfficiency,
    "mint": market.Mint,
    "calendar": capacity.Calendar,
    "quote": market.Quote,
    "lease.open": leases.LeaseOpen,
    "lease.list": leases.LeaseList,
    "lease.show": leases.LeaseShow,
    "lease.extend": leases.LeaseExtend,
    "lease.cancel": leases.LeaseCancel,
    "lease.split": leases.LeaseSplit,
    "lease.transfer": leases.LeaseTransfer,
    "lease.user": leases.LeaseUser,
    "lease.suspend": leases.LeaseSuspend,
    "lease.offers": leases.LeaseOffers,
    "lease.sell": leases.LeaseSell,
    "lease.buy": leases.LeaseBuy,
    "lease.settle": market.LeaseSettle,
    "report": market.Report,
    "contest.open": contests.ContestOpen,
    "contest.show": contests.ContestShow,
    "contest.recount": contests.ContestRecount,
    "contest.close": contests.ContestClose,
    "oracle.canary": oracle.OracleCanary,
    "oracle.heartbeat": reporter.OracleHeartbeat,
    "oracle.verify": oracle.OracleVerify,
    "oracle.prove": oracle.OracleProve,
    "relay.run": relay.RelayRun,
    "reporter.serve": reporter.ReporterServe,
    "reporter.status": reporter.ReporterStatus,
    "signers.show": signers.SignersShow,
    "signers.announce": signers.SignersAnnounce,
    "signers.enact": signers.SignersEnact,
    "signers.remove": signers.SignersRemove,
    "revenue.show": revenue.RevenueShow,
    "revenue.distribute": revenue.RevenueDistribute,
    "revenue.release": revenue.RevenueRelease,
    "revenue.sweep": revenue.RevenueSweep,
    "revenue.pay-in": revenue.RevenuePayIn,
    "revenue.venue.show": revenue.RevenueVenueShow,
    "revenue.venue.set": revenue.RevenueVenueSet,
    "revenue.claim": revenue.RevenueClaim,
    "holders": holders.Holders,
    "transfer": holders.Transfer,
    "token.card": revenue.TokenCard,
    "credential.issue": holders.CredentialIssue,
    "credential.present": holders.CredentialPresent,
    "credential.show": holders.CredentialShow,
    "credential.revoke": holders.CredentialRevoke,
    "compliance.show": holders.ComplianceShow,
    "compliance.rule": holders.ComplianceRule,
    "compliance.accredit": holders.ComplianceIssuer,
    "compliance.dismiss": holders.ComplianceIssuer,
    "compliance.block": holders.ComplianceBlock,
    "compliance.unblock": holders.ComplianceBlock,
    "compliance.freeze": holders.ComplianceFreeze,
    "compliance.force": holders.ComplianceForce,
    "compliance.system-holder": holders.ComplianceSystemHolder,
    "demo": chain.Demo,
    "error": chain.Error,
}


def name_of(command: str) -> str:
    """What a command's documents say that they are."""
    return f"wellhead.{command}/{VERSION}"


def check(document: dict[str, Any]) -> None:
    """Fail unless a document is exactly what its schema says; nothing more is in it either."""
    known = {name_of(command): model for command, model in MODELS.items()}
    known[str(document["schema"])].model_validate(document)


def schema_of(command: str) -> dict[str, Any]:
    """The JSON schema of a command's document. Readers must let pass what later versions add."""
    schema: dict[str, Any] = _open(MODELS[command].model_json_schema())
    schema["properties"] = {
        "schema": {"const": name_of(command)},
        **{name: body for name, body in schema["properties"].items() if name != "schema"},
    }
    dialect = "https://json-schema.org/draft/2020-12/schema"
    return {"$schema": dialect, "$id": name_of(command), **schema}


def _open(part: Any) -> Any:
    if isinstance(part, dict):
        return {
            name: _open(body)
            for name, body in part.items()
            if (name, body) != ("additionalProperties", False)
        }
    return [_open(item) for item in part] if isinstance(part, list) else part
