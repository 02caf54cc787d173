"""The command line. Commands are loaded when they are called, so that `--help` is quick."""

from __future__ import annotations

from typing import Any

import click

from wellhead.cli.tree import Leaf, Tree

CLUSTER = {
    "register": Leaf("register:register", "Register a cluster and its terms."),
    "list": Leaf("clusters:listed", "List the clusters."),
    "show": Leaf("clusters:shown", "Show a cluster, its terms and its state."),
    "sellable": Leaf("capacity:sellable", "Set how many units are open to new bookings."),
    "retire": Leaf("capacity:retire", "Take units out of service, and burn their tokens."),
    "bond": Leaf(
        "bonds:bond", "Show the bond behind a cluster's units, add to it or take from it."
    ),
    "default": Leaf("bonds:default", "Declare the default of a cluster in which nothing works."),
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
REVENUE = {
    "show": Leaf(
        "revenue:shown", "Show the books of clusters: all that was paid, and where it is."
    ),
    "distribute": Leaf("revenue:distribute", "Accrue final hours and split what they earned."),
    "claim": Leaf("claim:claim", "Collect what an account is owed."),
}


def _group(name: str, line: str, leaves: dict[str, Leaf], **attributes: Any) -> Tree:
    return Tree(name, leaves=leaves, help=line, **attributes)


COMMANDS: dict[str, Leaf | Tree] = {
    "up": Leaf("up:up", "Start a local chain with everything deployed."),
    "down": Leaf("down:down", "Stop the local chain, and keep it."),
    "status": Leaf("status:status", "Show what runs, and what is on it."),
    "doctor": Leaf("doctor:doctor", "Look for what is wrong, and say what to do."),
    "skip": Leaf("skip:skip", "Let the local chain's time jump ahead."),
    "deploy": Leaf("deploy:deploy", "Deploy the contracts to the node's chain."),
    "verify": Leaf("verify:verify", "Give the contracts' source to a block explorer."),
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
    "revenue": _group("revenue", "Show, distribute or claim what clusters earned.", REVENUE),
    "demo": Leaf("demo:demo", "Replay a real cluster's trace on a chain of its own."),
    "schema": Leaf("schema:schema", "Print the JSON schema of a command's document."),
    "completion": Leaf("completion:completion", "Print the script that completes commands."),
}
#: Short forms of commands that stand deeper in the tree.
SHORT = {
    "register": CLUSTER["register"],
    "settle": LEASE["settle"],
    "claim": REVENUE["claim"],
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
  6  doctor found something that is wrong, or a check of records or of a proof did
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
    "holders earn the rent that was served. Start with `up`.",
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},
)
click.version_option(package_name="wellhead", prog_name="wellhead")(cli)
