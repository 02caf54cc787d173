"""The command line. Commands are loaded when they are called, so that `--help` is quick."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from wellhead.cli.tree import Leaf, Tree

CLUSTER = {
    "register": Leaf("register:register", "Register a cluster and its terms."),
    "list": Leaf("clusters:listed", "List the clusters."),
    "show": Leaf("clusters:shown", "Show a cluster, its terms and its state."),
    "sellable": Leaf("capacity:sellable", "Set how many units are open to new bookings."),
    "retire": Leaf("capacity:retire", "Take units out of service, and burn their tokens."),
    "operator": Leaf("register:operator", "Let another account run a cluster."),
    "bond": Leaf(
        "bonds:bond", "Show the bond behind a cluster's units, add to it or take from it."
    ),
    "default": Leaf("bonds:default", "Declare the default of a cluster in which nothing works."),
    "recover": Leaf("bonds:recover", "Note that a cluster works again after a long outage."),
    "flag": Leaf(
        "alarms:flag", "Raise the alarm for an hour in which more was measured than booked."
    ),
    "efficiency": Leaf(
        "efficiency:efficiency", "Show how much work a cluster does with a joule, hour by hour."
    ),
}
LEASE = {
    "open": Leaf("lease:lease", "Lease units of a cluster for whole hours."),
    "list": Leaf("leases:listed", "List leases."),
    "show": Leaf("leases:shown", "Show a lease and what it paid."),
    "extend": Leaf("lease:extend", "Lease the same units for more hours."),
    "cancel": Leaf("changes:cancel", "Sell hours of a lease back to the market."),
    "split": Leaf("changes:split", "Make two leases of one, by units or by hours."),
    "transfer": Leaf("changes:transfer", "Hand a lease over to somebody else."),
    "user": Leaf("uses:user", "Name who may use the units of a lease (ERC-4907)."),
    "suspend": Leaf("uses:suspend", "Suspend the use of a lease for misuse, after notice."),
    "offers": Leaf("offers:offers", "List the leases that are for sale, with their price now."),
    "sell": Leaf("resale:sell", "Offer a lease for sale, at a fixed or a falling price."),
    "buy": Leaf("resale:buy", "Buy a lease that is for sale."),
    "settle": Leaf("settle:settle", "Credit refunds, and split what a cluster earned."),
}
CONTEST = {
    "open": Leaf("contests:opened", "Contest what was reported of an hour that you leased."),
    "show": Leaf("contests:shown", "Show the contests of a cluster, and how they ended."),
    "recount": Leaf(
        "recounts:recount",
        "Decide a contest: submit what reporters found when they counted the hour again.",
    ),
    "close": Leaf("contests:close", "Close a contested hour as zero, where no recount came."),
}
SIGNERS = {
    "show": Leaf("signers:shown", "Show who signs reports, and who is announced."),
    "announce": Leaf("signers:announce", "Announce other reporters, or another threshold."),
    "enact": Leaf("signers:enact", "Put the announced reporters in the place of the present ones."),
    "remove": Leaf(
        "signers:remove", "Remove a reporter at once, whose key was stolen for instance."
    ),
}
REPORTER = {
    "serve": Leaf("reporter:serve", "Run a reporter: measure clusters, and sign medians."),
    "status": Leaf("reporter:status", "Show how a reporter is."),
}
RELAY = {
    "run": Leaf("relay:relay", "Bring what the reporters measured on chain."),
}
ORACLE = {
    "canary": Leaf("canary:canary", "Do a reporter's job on this machine, and answer."),
    "heartbeat": Leaf("oracle:heartbeat", "State to reporters that a lease is used."),
    "verify": Leaf(
        "oracle_checks:verify", "Check a cluster's records, down to what reporters saw of it."
    ),
    "prove": Leaf("oracle_checks:prove", "Prove that a raw sample stands behind an hour's record."),
}
TOKEN = {
    "card": Leaf("cards:card", "Show what a cluster's token says of itself, as wallets read it."),
}
CREDENTIAL = {
    "issue": Leaf("credential:issue", "Sign a credential, and bring it on chain."),
    "present": Leaf(
        "credential:present", "Bring a credential on chain that its issuer has signed."
    ),
    "show": Leaf(
        "credential:shown",
        "Show what is known of an account: its credential, and whether it is blocked.",
    ),
    "revoke": Leaf("credential:revoke", "Take a holder's credential away."),
}
COMPLIANCE = {
    "show": Leaf(
        "compliance:shown", "Show the rules: who issues credentials, and whom policies admit."
    ),
    "rule": Leaf("compliance:rule", "Say whom a policy admits of some jurisdictions."),
    "accredit": Leaf("compliance:accredit", "Let an issuer's credentials count from now on."),
    "dismiss": Leaf("compliance:dismiss", "Make all credentials of an issuer void at once."),
    "block": Leaf(
        "compliance:block",
        "Forbid an account to send and to receive the tokens of all clusters.",
    ),
    "unblock": Leaf("compliance:unblock", "Let a blocked account send and receive again."),
    "freeze": Leaf("seizures:freeze", "Freeze tokens of an account, so that it can not send them."),
    "force": Leaf("seizures:force", "Take tokens from one account and give them to another."),
    "system-holder": Leaf("compliance:system_holder", "Make a contract a system holder, for ever."),
}


def _group(name: str, line: str, leaves: Mapping[str, Leaf | Tree], **attributes: Any) -> Tree:
    return Tree(name, leaves=leaves, help=line, **attributes)


VENUE = {
    "show": Leaf("venue:shown", "Show where bitcoin is bought, and what it costs there now."),
    "set": Leaf("venue:set_", "Say where bitcoin is bought from now on."),
}
CLAIM = Leaf("claim:claim", "Collect what an account is owed, in dollars and in bitcoin.")
REVENUE: dict[str, Leaf | Tree] = {
    "show": Leaf(
        "revenue:shown", "Show the books of clusters: all that was paid, and where it is."
    ),
    "distribute": Leaf(
        "distributing:distribute", "Accrue final hours, split what they earned, and release it."
    ),
    "release": Leaf(
        "distributing:release", "Make the operator's and the reporters' parts claims of theirs."
    ),
    "sweep": Leaf("sweeps:sweep", "Buy bitcoin for a cluster's holders with what waits for it."),
    "pay-in": Leaf(
        "sweeps:pay_in", "Pay bitcoin to a cluster's holders, such as what mining brought."
    ),
    "venue": _group("venue", "Show or set where bitcoin is bought.", VENUE),
    "claim": CLAIM,
}

COMMANDS: dict[str, Leaf | Tree] = {
    "up": Leaf("up:up", "Start a local chain with everything deployed."),
    "down": Leaf("down:down", "Stop the local chain, and keep it."),
    "status": Leaf("status:status", "Show what runs, and what is on it."),
    "doctor": Leaf("doctor:doctor", "Look for what is wrong, and say what to do."),
    "skip": Leaf("skip:skip", "Let the local chain's time jump ahead."),
    "deploy": Leaf("deploy:deploy", "Deploy the contracts to the node's chain."),
    "verify": Leaf("verify:verify", "Give the contracts' source to a block explorer."),
    "audit": Leaf("audit:audit", "Rebuild all state from events, and compare it with the chain."),
    "cluster": _group("cluster", "Register, show or change clusters, and their bond.", CLUSTER),
    "mint": Leaf("mint:mint", "Mint the tokens of newly attested units."),
    "calendar": Leaf("calendar:calendar", "Show when a cluster is booked, hour by hour."),
    "quote": Leaf("quote:quote", "Show what a lease would cost now."),
    "lease": _group(
        "lease",
        "Open, show, change, sell or settle leases.\n\nWithout a command in between, `wellhead "
        "lease --cluster 1 --units 8 --hours 24` opens one.",
        LEASE,
        otherwise="open",
    ),
    "report": Leaf("report:report", "Submit what was measured, hour by hour."),
    "contest": _group("contest", "Contest what was reported, and count it again.", CONTEST),
    "oracle": _group("oracle", "Check what reporters measured, and say what is used.", ORACLE),
    "relay": _group("relay", "Bring what the reporters measured on chain.", RELAY),
    "reporter": _group("reporter", "Run a reporter, or look at one.", REPORTER),
    "signers": _group("signers", "Show or change who signs reports.", SIGNERS),
    "revenue": _group("revenue", "Show, distribute, sweep or claim what clusters earned.", REVENUE),
    "holders": Leaf("holders:holders", "List who holds a cluster's token."),
    "transfer": Leaf("holders:transfer", "Hand tokens of a cluster over to somebody else."),
    "token": _group("token", "Show what a token says of itself.", TOKEN),
    "credential": _group("credential", "Issue, show or revoke holders' credentials.", CREDENTIAL),
    "compliance": _group(
        "compliance", "Show or change who may hold tokens, freeze or move them.", COMPLIANCE
    ),
    "demo": Leaf("demo:demo", "Replay a real cluster's trace on a chain of its own."),
    "schema": Leaf("schema:schema", "Print the JSON schema of a command's document."),
    "completion": Leaf("completion:completion", "Print the script that completes commands."),
}
#: Short forms of commands that stand deeper in the tree.
SHORT = {
    "register": CLUSTER["register"],
    "settle": LEASE["settle"],
    "claim": CLAIM,
}

EPILOG = """\b
Short forms: `register` is `cluster register`, `settle` is `lease settle`, `claim` is
`revenue claim`, and `lease --cluster ...` is `lease open --cluster ...`.

\b
Exit codes:
  0  done
  1  a contract refused, or would have; the message says why
  2  wrong usage, or the question was answered with no
  3  no node answers, or the node can not do what was asked
  4  the deployment, the account or the local set-up is not right
  5  a file that was given can not be used
  6  doctor found something wrong, or an audit or a check of records or a proof did
  7  evidence is not at hand; nothing was found wrong
  130  interrupted
  141  whoever read the output stopped reading

Time is the chain's: "now" is the latest block's. Hours are whole hours of unix time. People read
tables on stdout; --json prints one JSON document there instead, integers as strings; its "schema"
is wellhead.COMMAND/1, which `wellhead schema COMMAND` prints. Everything else goes to stderr.
Colour is for terminals only, and never where NO_COLOR is set."""

cli = Tree(
    "wellhead",
    leaves=COMMANDS,
    hidden=SHORT,
    help="Wellhead: GPU capacity as an on-chain asset.\n\nOperators register clusters and mint "
    "tokens for units that reporters attested; tenants lease units by the hour in a stablecoin; "
    "holders earn the rent that was served, part of it in bitcoin. Start with `up`.",
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},
)
click.version_option(package_name="wellhead", prog_name="wellhead")(cli)
