"""Tokens move by allowance, by signature and through contracts."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.property.machine.base import Machine, Reach, near, parts, people
from tests.support.payment import keys_of
from tests.support.shares import packed
from tests.support.stage import MAX, Q
from wellhead.chain.signing import claim_digest, permit_digest

#: Seconds from the block to the deadline.
delays = st.sampled_from([10**6, 10**6, 0, -1])
edges = st.sampled_from([0, 0, 1])


class ShareRules(Machine):
    """Holders, and whom they let act for them."""

    calls: Reach = (
        "CapacityToken.approve",
        "CapacityToken.transferFrom",
        "CapacityToken.permit",
        "CapacityToken.claimFor",
        "Compliance.addSystemHolder",
    )

    @rule(owner=people, spender=people, part=parts, edge=edges, endless=st.booleans())
    def approve(self, owner: int, spender: int, part: int, edge: int, endless: bool) -> None:
        who, to = self.pair.people[owner], self.pair.people[spender].address
        share = self.world.token(self.key)
        amount = MAX if endless else near(share.balance_of(who.address), part, edge)
        self.act(who, self.pair.token, "approve", (to, amount), share.approve)

    @rule(owner=people, spender=people, to=people, part=parts, edge=edges)
    def transfer_from(self, owner: int, spender: int, to: int, part: int, edge: int) -> None:
        """What was allowed, or more, or what was not allowed at all."""
        share, source = self.world.token(self.key), self.pair.people[owner]
        caller, receiver = self.pair.people[spender], self.pair.people[to].address
        allowed = share.allowance(source.address, caller.address)
        if allowed == 0 and part not in (0, Q):
            self.act(source, self.pair.token, "approve", (caller.address, 10**20), share.approve)
            allowed = 10**20
        amount = near(min(allowed, share.balance_of(source.address)), part, edge)
        arguments = (source.address, receiver, amount)
        self.act(caller, self.pair.token, "transferFrom", arguments, share.transfer_from)

    @rule(owner=people, spender=people, part=parts, late=delays, by=people, forged=edges)
    def permit(self, owner: int, spender: int, part: int, late: int, by: int, forged: int) -> None:
        """Signed by the owner, or by the spender; brought by anybody."""
        pair, share = self.pair, self.world.token(self.key)
        who, to = pair.people[owner], pair.people[spender]
        amount, deadline = near(share.balance_of(who.address), part, 0), pair.now + 1 + late
        signer = keys_of(to if forged else who)
        said = (who.address, to.address, amount)
        digest = permit_digest(
            self.stage.deployment.chain_id,
            share.address,
            share.name,
            *said,
            share.nonce_of(who.address),
            deadline,
        )
        self.call(
            pair.people[by],
            pair.token,
            "permit",
            (*said, deadline, *signer.sign_digest_vrs(digest)),
            lambda: share.permit(*said, deadline, signer.address),
        )

    @rule(who=people, to=people, by=people, late=delays, skew=edges, stays=st.booleans())
    def claim_for(self, who: int, to: int, by: int, late: int, skew: int, stays: bool) -> None:
        """Signed by the holder, now and then over a nonce that is not its next one."""
        pair, share = self.pair, self.world.token(self.key)
        account = pair.people[who]
        receiver = self.stage.vault.address if stays else pair.people[to].address
        deadline = pair.now + 1 + late
        digest = claim_digest(
            self.stage.deployment.chain_id,
            share.address,
            share.name,
            account.address,
            receiver,
            share.nonce_of(account.address) + skew,
            deadline,
        )
        signature = packed(keys_of(account).sign_digest_vrs(digest))
        arguments: tuple[Any, ...] = (account.address, receiver, deadline, signature)
        self.call(
            pair.people[by],
            pair.token,
            "claimFor",
            arguments,
            lambda: share.claim_for(account.address, receiver, deadline, skew == 0),
        )

    @rule(who=st.integers(0, 7), is_strange=st.sampled_from([False, False, True]))
    def add_system_holder(self, who: int, is_strange: bool) -> None:
        """The hostile contracts, in turn with people, who are no contracts."""
        made = [self.pair.receiver.address, self.pair.hostile.address]
        account = made[who % 2] if who < 4 else self.pair.people[who].address
        sender = self.stage.stranger if is_strange else self.stage.governor
        known = self.world.compliance
        self.call(
            sender,
            self.stage.compliance,
            "addSystemHolder",
            (account,),
            lambda: known.add_system_holder(sender.address, account, account in made),
        )
        self.give_to(account, who * Q // 8)
