"""What else can be looked up: of every cluster, and of whatever was ever named in any step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tests.property.asking import Expected
from tests.property.roles import TARGETS
from wellhead.chain import Contract
from wellhead.model.token import CapacityToken

if TYPE_CHECKING:
    from tests.property.pair import Pair

ZERO = "0x" + "00" * 20
Views = Iterator[tuple[tuple[Contract, str, tuple[object, ...]], object]]


def besides(pair: Pair) -> Expected:
    """Everything that is not compared after each step anyway."""
    return [
        *_clusters(pair),
        *_hours(pair),
        *_records(pair),
        *_contests(pair),
        *_approvals(pair),
        *_coins(pair),
        *_tokens(pair),
        *_standings(pair),
        *_roles(pair),
    ]


def token_state(token: Contract, share: CapacityToken) -> Expected:
    """Supply, indices, and what was earned lately."""
    expected: Expected = [((token, "totalSupply", ()), share.total_supply())]
    for name, revenue in (("cashRevenue", share.cash), ("reserveRevenue", share.reserve)):
        state = (
            revenue.index,
            revenue.total,
            revenue.carried,
            revenue.unvested,
            revenue.until,
            revenue.held,
            revenue.shift,
        )
        expected.append(((token, name, ()), state))
    for days in (1, 7, 31):
        expected.append(((token, "trailingRevenue", (days,)), share.trailing_revenue(days)))
    return expected


def _clusters(pair: Pair) -> Views:
    """Also those that no step was about: nothing that happens to one may reach another."""
    stage, world = pair.stage, pair.world
    for key, cluster in world.registry.clusters.items():
        book = world.market.books_of(key)
        yield (stage.registry, "genesisOf", (key,)), cluster.genesis
        yield (stage.registry, "operatorOf", (key,)), cluster.operator
        yield (stage.market, "booksOf", (key,)), tuple(vars(book).values())
        yield (stage.market, "baseOf", (key,)), world.market.base_of(key)
        yield (stage.router, "totalOf", (key,)), world.router.total_of(key)
        yield (stage.router, "bitcoinPendingOf", (key,)), world.router.bitcoin_pending_of(key)
        yield (stage.router, "distributedAtOf", (key,)), world.router.distributed_at_of(key)
        yield (stage.router, "releasableOf", (key,)), world.router.releasable_of(key)
        due = world.router.top_up_of(key, 1)
        yield (stage.router, "topUpOf", (key, 1)), tuple(vars(due).values())
        for era in range(book.era + 1):
            yield (stage.market, "defaultOf", (key, era)), world.market.default_of(key, era)
        for days in range(1, 32):
            trailing = cluster.token.trailing_revenue(days)
            yield (pair.tokens[key], "trailingRevenue", (days,)), trailing
        yield from token_state(pair.tokens[key], cluster.token)


def _hours(pair: Pair) -> Views:
    """Every hour of every calendar, and the two around it."""
    for key in pair.world.registry.clusters:
        book = pair.world.market.book_of(key)
        hours = {h for era in book.eras for h in era.calendar.hours} | pair.hours[key]
        if not hours:
            continue
        pair.hours[key] = set(range(min(hours), max(hours) + 1))
        around = range(min(hours) - 1, max(hours) + 2)
        eras = dict(book.booked_hours(around.start, around.stop))
        for hour in around:
            era = eras.get(hour)
            booked, covered = (era.calendar.at(hour), era.covered(hour)) if era else (0, 0)
            yield (pair.stage.market, "bookedAt", (key, hour)), booked
            yield (pair.stage.market, "coveredAt", (key, hour)), covered


def _records(pair: Pair) -> Views:
    oracle = pair.world.oracle
    for stored in oracle.ring.values():
        asked = (stored.sample.cluster, stored.sample.hour)
        yield (pair.stage.oracle, "recordOf", asked), tuple(vars(oracle.record_of(*asked)).values())


def _contests(pair: Pair) -> Views:
    """Of all hours that ever were contested."""
    open_ = pair.world.contests.open
    pair.contested |= set(open_)
    for hour in sorted(pair.contested):
        contest = open_.get(hour)
        shown = (ZERO, 0, 0, 0) if contest is None else tuple(vars(contest).values())
        yield (pair.stage.contests, "contestOf", hour), shown


def _approvals(pair: Pair) -> Views:
    """Whom tenants let move their leases, and what they offer for sale."""
    market, exchange = pair.world.market, pair.world.exchange
    pair.approved |= market.operators
    for asked in sorted(pair.approved):
        yield (pair.stage.market, "isApprovedForAll", asked), market.is_approved_for_all(*asked)
    for lease_id, listing in exchange.listings.items():
        lease = market.leases.get(lease_id)
        is_live = lease is not None and lease.owner == listing.seller
        if is_live and lease is not None and lease.transfers == listing.transfers:
            offer = (pair.stage.deployment.exchange, "listingOf", (lease_id,))
            yield offer, tuple(vars(listing).values())


def _coins(pair: Pair) -> Views:
    """Allowances to anybody, nonces, and authorizations that were used."""
    for coin in pair.coins:
        twin = pair.world.coins[coin.address]
        for asked, allowed in twin.allowances.items():
            yield (coin, "allowance", asked), allowed
        if coin.name != "TestCoin":
            continue
        yield (coin, "paused", ()), twin.paused
        for who in pair.accounts:
            yield (coin, "nonces", (who,)), twin.nonce_of(who)
            yield (coin, "blocked", (who,)), who in twin.blocked
        for owner, nonce in twin.authorized:
            yield (coin, "authorizationState", (owner, nonce)), True


def _tokens(pair: Pair) -> Views:
    """Balances, ledgers, allowances, nonces and frozen amounts in every cluster's token."""
    for key, token in pair.tokens.items():
        share = pair.world.token(key)
        for asked, allowed in share.allowances.items():
            yield (token, "allowance", asked), allowed
        for who in pair.accounts:
            yield (token, "balanceOf", (who,)), share.balance_of(who)
            yield (token, "owedLedgerOf", (who,)), share.owed_ledger_of(who)
            yield (token, "claimable", (who,)), share.claimable(who)
            yield (token, "nonces", (who,)), share.nonce_of(who)
            yield (token, "getFrozenTokens", (who,)), share.frozen_of(who)


def _standings(pair: Pair) -> Views:
    """Credentials, their issuers, and the rules."""
    compliance, known = pair.stage.compliance, pair.world.compliance
    for who in {*pair.accounts, *known.holders}:
        standing = tuple(vars(known.standing_of(who)).values())
        yield (compliance, "standingOf", (who,)), standing
    for issuer in known.numbers:
        yield (compliance, "issuerNumberOf", (issuer,)), known.issuer_number_of(issuer)
    for asked, classes in known.rules.items():
        yield (compliance, "ruleOf", asked), classes


def _roles(pair: Pair) -> Views:
    """Who is what, with which delay, what is scheduled, and where bitcoin is bought."""
    authority, roles = pair.stage.authority, pair.roles
    for role, members in roles.members_of.items():
        for who in members:
            yield (authority, "hasRole", (role, who)), roles.has_role(role, who)
            yield (authority, "getAccess", (role, who)), roles.access_of(role, who)
        yield (authority, "getRoleGrantDelay", (role,)), roles.grant_delay_of(role)
    for name in TARGETS:
        asked = (getattr(pair.stage, name).address,)
        yield (authority, "isTargetClosed", asked), name in roles.closed
    for operation in roles.scheduled:
        yield (authority, "getSchedule", (operation,)), roles.schedule_of(operation)
    venue = pair.world.router.venue
    shown = (ZERO, ZERO, 0, 0, 0) if venue is None else tuple(vars(venue).values())
    yield (pair.stage.router, "venue", ()), shown
