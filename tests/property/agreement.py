"""What a chain and the model beside it must agree on, all of it in one request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.property.asking import Asker, Expected, Key, agree, key_of
from tests.property.views import besides, token_state
from tests.support.reporters import announced as announced_hash
from tests.support.reverts import expect_revert
from wellhead.model.errors import Revert

if TYPE_CHECKING:
    from tests.property.pair import Pair

#: No value of any view.
NEVER = object()


class Agreement:
    """Compares all clusters of a pair, and all accounts that had anything to do with them.

    After each step: every balance, claim, index, ledger, lease and standing of the cluster that the
    step was about; of everything else (other clusters, hours, records, allowances, nonces, rules,
    roles, listings) what the model has another value for than before. In the end all of it.
    """

    def __init__(self, pair: Pair) -> None:
        self.pair = pair
        self.asker = Asker(pair.stage.anvil.rpc)
        self.known: dict[Key, object] = {}

    def compare(self, everything: bool = False) -> None:
        """After a step, or in the end."""
        rest = [
            (call, wanted)
            for call, wanted in besides(self.pair)
            if everything or self.known.get(key_of(call), NEVER) != wanted
        ]
        agree(self.asker, self._always() + rest)
        self.known |= {key_of(call): wanted for call, wanted in rest}
        if everything:
            self._gone()

    def _gone(self) -> None:
        """Leases that were cancelled are not there, and what is not for sale is not listed."""
        stage, world = self.pair.stage, self.pair.world
        for lease_id in range(1, world.market.lease_count + 2):
            if lease_id not in world.market.leases:
                with expect_revert("LeaseMarket_UnknownLease", lease_id):
                    stage.market.call("leaseOf", lease_id)
            try:
                world.exchange.listing_of(lease_id)
            except Revert as error:
                with expect_revert(error.name, *error.args_):
                    stage.deployment.exchange.call("listingOf", lease_id)

    def _always(self) -> Expected:
        return [
            *self._cluster(),
            *self._leases(),
            *self._oracle(),
            *self._money(),
            *self._standings(),
        ]

    def _cluster(self) -> Expected:
        stage, world, key = self.pair.stage, self.pair.world, self.pair.cluster
        registry, market, router = stage.registry, stage.market, stage.router
        cluster = world.registry.cluster_of(key)
        expected: Expected = [
            ((registry, "clock", ()), world.registry.clock()),
            ((registry, "paused", ()), world.registry.paused),
            ((registry, "clusterCount", ()), world.registry.cluster_count),
            (
                (registry, "clusterOf", (key,)),
                (
                    cluster.operator,
                    cluster.token.address,
                    cluster.attested,
                    cluster.sellable,
                    cluster.genesis,
                    cluster.attestations,
                ),
            ),
            ((market, "booksOf", (key,)), tuple(vars(world.market.books_of(key)).values())),
            ((market, "baseOf", (key,)), world.market.base_of(key)),
            ((router, "totalOf", (key,)), world.router.total_of(key)),
            ((router, "carriedOf", (key,)), world.router.carried_of(key)),
            ((router, "bitcoinPendingOf", (key,)), world.router.bitcoin_pending_of(key)),
            ((router, "distributedAtOf", (key,)), world.router.distributed_at_of(key)),
            ((router, "releasableOf", (key,)), world.router.releasable_of(key)),
        ]
        for units in (1, 1000):
            due = tuple(vars(world.router.top_up_of(key, units)).values())
            expected.append(((router, "topUpOf", (key, units)), due))
        hours = {h for era in world.market.book_of(key).eras for h in era.calendar.hours}
        if hours:
            first, last = min(hours) + 2, max(hours) + 1
            for name, ask in (
                ("peakBooked", world.market.peak_booked),
                ("sumBooked", world.market.sum_booked),
            ):
                expected.append(((market, name, (key, first, last)), ask(key, first, last)))
        return expected

    def _leases(self) -> Expected:
        market, model = self.pair.stage.market, self.pair.world.market
        expected: Expected = []
        for lease_id, lease in model.leases.items():
            access = lease.access
            parts = [(p.start, p.end, p.first_seconds, p.rate, p.is_cut) for p in lease.parts]
            expected += [
                ((market, "leaseOf", (lease_id,)), tuple(vars(model.lease_of(lease_id)).values())),
                ((market, "partsOf", (lease_id,)), parts),
                ((market, "ownerOf", (lease_id,)), lease.owner),
                ((market, "getApproved", (lease_id,)), model.get_approved(lease_id)),
                ((market, "refundLedgerOf", (lease_id,)), model.refund_ledger_of(lease_id)),
                ((market, "userOf", (lease_id,)), model.user_of(lease_id)),
                ((market, "userExpires", (lease_id,)), access.expires),
                ((market, "suspensionOf", (lease_id,)), (access.due, access.is_suspended)),
            ]
        for person in self.pair.people:
            who = person.address
            expected.append(((market, "balanceOf", (who,)), model.balance_of(who)))
        return expected

    def _oracle(self) -> Expected:
        """The reporters, and those to come."""
        stage, oracle = self.pair.stage, self.pair.world.oracle
        announced = oracle.announcement
        said = (bytes(32), 0)
        if announced is not None:
            hashed = announced_hash(announced.signers, announced.threshold)
            said = (hashed, announced.enactable_at)
        return [
            ((stage.oracle, "signers", ()), (oracle.signers, oracle.threshold)),
            ((stage.oracle, "announcement", ()), said),
        ]

    def _money(self) -> Expected:
        pair, world, vault = self.pair, self.pair.world, self.pair.stage.vault
        token, share = pair.token, world.token(pair.cluster)
        expected = token_state(token, share)
        accounts = [*pair.accounts, token.address]
        for who in accounts:
            expected += [
                ((token, "balanceOf", (who,)), share.balance_of(who)),
                ((token, "owedLedgerOf", (who,)), share.owed_ledger_of(who)),
            ]
        for coin in pair.coins:
            twin = world.coins[coin.address]
            for who in accounts:
                asked = (coin.address, who)
                expected += [
                    ((vault, "claimOf", asked), world.vault.claim_of(*asked)),
                    ((coin, "balanceOf", (who,)), twin.balance_of(who)),
                ]
            held = twin.balance_of(vault.address)
            expected.append(((coin, "balanceOf", (vault.address,)), held))
        return expected

    def _standings(self) -> Expected:
        """Who may send and receive, and what of theirs is frozen."""
        compliance, token = self.pair.stage.compliance, self.pair.token
        known, share = self.pair.world.compliance, self.pair.world.token(self.pair.cluster)
        expected: Expected = []
        for person in self.pair.people:
            who = person.address
            may = (known.can_send(who), known.can_receive(share.policy, who))
            expected += [
                ((compliance, "eligible", (share.policy, who, who)), may),
                ((token, "getFrozenTokens", (who,)), share.frozen_of(who)),
            ]
        return expected
