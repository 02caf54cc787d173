"""What holders do: move tokens, allow others to, and claim, by their own calls or by signature."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.property.machine.base import Reach
from tests.property.tokens.base import TokenMachine, accounts, edges, near, parts, people
from tests.support.shares import ZERO, packed
from tests.support.stage import MAX
from wellhead.chain import KeyAccount, UnlockedAccount, dev_account
from wellhead.chain.signing import claim_digest, permit_digest

THIEF = dev_account(38)
NAME = "Northern H100"
delays = st.sampled_from([-1, 0, 1, 10**6])


class HolderRules(TokenMachine):
    """Accounts with tokens, and those who act for them."""

    calls: Reach = (
        "CapacityToken.transfer",
        "CapacityToken.approve",
        "CapacityToken.transferFrom",
        "CapacityToken.claim",
        "CapacityToken.claimFor",
        "CapacityToken.permit",
    )

    def free(self, who: UnlockedAccount) -> int:
        """What of an account's tokens is not frozen."""
        share = self.share
        return max(0, share.balance_of(who.address) - share.frozen_of(who.address))

    @rule(frm=accounts, to=accounts, part=parts, edge=edges, frozen=st.booleans())
    def transfer(self, frm: int, to: int, part: int, edge: int, frozen: bool) -> None:
        """A part of what is there, or of what is free; the views say before and after whether."""
        source, receiver = self.account(frm), self.account(to).address
        limit = self.share.balance_of(source.address) if frozen else self.free(source)
        amount = near(limit, part, edge)
        moved = self.act(source, "transfer", (receiver, amount), self.share.transfer)
        self.views_agree(source.address, receiver, amount, moved)

    @rule(frm=accounts, to=accounts)
    def transfer_everything(self, frm: int, to: int) -> None:
        source, receiver = self.account(frm), self.account(to).address
        amount = self.share.balance_of(source.address)
        moved = self.act(source, "transfer", (receiver, amount), self.share.transfer)
        self.views_agree(source.address, receiver, amount, moved)

    def views_agree(self, source: str, to: str, amount: int, moved: bool) -> None:
        """Asked in the block of a transfer: none went through where canSend or canReceive is false,
        and where it was refused canTransfer is as the model says."""
        asked = [("canSend", (source,)), ("canReceive", (to,))]
        sends, receives, can = self.pair.token.call_many(
            [*asked, ("canTransfer", (source, to, amount))]
        )
        assert can == self.share.can_transfer(source, to, amount)
        assert not can or (sends and receives)
        if moved:
            assert sends
            assert receives
        elif can:
            # Nothing but a shortage of balance or allowance is left.
            assert amount > 0

    @rule(to=st.sampled_from([ZERO]), frm=accounts, amount=st.integers(0, 1))
    def transfer_to_nobody(self, to: str, frm: int, amount: int) -> None:
        assert not self.act(self.account(frm), "transfer", (to, amount), self.share.transfer)

    @rule(owner=accounts, spender=accounts, part=parts, edge=edges, endless=st.booleans())
    def approve(self, owner: int, spender: int, part: int, edge: int, endless: bool) -> None:
        who, to = self.account(owner), self.account(spender).address
        amount = MAX if endless else near(self.share.balance_of(who.address), part, edge)
        self.act(who, "approve", (to, amount), self.share.approve)

    @rule(owner=accounts, spender=accounts, to=accounts, part=parts, edge=edges)
    def transfer_from(self, owner: int, spender: int, to: int, part: int, edge: int) -> None:
        who, caller = self.account(owner).address, self.account(spender)
        receiver, share = self.account(to).address, self.share
        if share.allowance(who, caller.address) == 0 and part:
            self.act(self.account(owner), "approve", (caller.address, MAX - 1), share.approve)
        amount = near(min(share.allowance(who, caller.address), share.balance_of(who)), part, edge)
        moved = self.act(caller, "transferFrom", (who, receiver, amount), share.transfer_from)
        self.views_agree(who, receiver, amount, moved)
        left = self.pair.token.call("allowance", who, caller.address)
        assert left == share.allowance(who, caller.address)

    def book_claim(self, before: tuple[int, int]) -> None:
        """Count what the model paid out since; the chain is compared with it."""
        after = self.total_claimed()
        self.claimed[0] += after[0] - before[0]
        self.claimed[1] += after[1] - before[1]

    def total_claimed(self) -> tuple[int, int]:
        """By the coins that left the vault."""
        cash, reserve = (
            self.pair.world.vault.claim_of(coin.address, self.pair.token.address)
            for coin in self.pair.coins
        )
        return -cash, -reserve

    @rule(who=accounts, to=accounts)
    def claim(self, who: int, to: int) -> None:
        before = self.total_claimed()
        caller, receiver = self.account(who), self.account(to).address
        owed = self.share.claimable(caller.address)
        if self.act(caller, "claim", (receiver,), self.share.claim):
            self.book_claim(before)
        else:
            # It was refused as a whole: in the next second no less is owed.
            assert all(map(int.__ge__, self.share.claimable(caller.address), owed))

    @rule(who=accounts)
    def claim_to_nobody(self, who: int) -> None:
        before = self.total_claimed()
        self.act(self.account(who), "claim", (ZERO,), self.share.claim)
        assert self.total_claimed() == before

    @rule(who=accounts)
    def claim_to_the_vault(self, who: int) -> None:
        """No coin is asked, so no coin can stop it."""
        before = self.total_claimed()
        vault = self.stage.vault.address
        assert self.act(self.account(who), "claim", (vault,), self.share.claim)
        self.book_claim(before)

    @rule(who=people, to=accounts, late=delays, skew=st.sampled_from([0, 0, 0, 1]))
    def claim_for(self, who: int, to: int, late: int, skew: int) -> None:
        """Signed by the account, perhaps with a nonce that is not the next one."""
        self.bring_claim(who, to, late, skew, self.pair.keys[who] or THIEF)

    @rule(who=accounts, to=accounts)
    def claim_for_a_thief(self, who: int, to: int) -> None:
        assert not self.bring_claim(who, to, 0, 0, THIEF)

    def bring_claim(self, who: int, to: int, late: int, skew: int, signer: KeyAccount) -> bool:
        """A stranger brings it, `late` seconds before its deadline."""
        pair, share = self.pair, self.share
        account, receiver = self.account(who).address, self.account(to).address
        deadline = pair.now + 1 + late
        digest = claim_digest(
            self.stage.deployment.chain_id,
            pair.token.address,
            NAME,
            account,
            receiver,
            share.nonce_of(account) + skew,
            deadline,
        )
        signature = packed(signer.sign_digest_vrs(digest))
        is_signed = signer.address == account and skew == 0
        arguments: tuple[Any, ...] = (account, receiver, deadline, signature)
        before = self.total_claimed()
        done = pair.step(
            pair.token,
            "claimFor",
            arguments,
            self.stage.stranger,
            lambda: share.claim_for(account, receiver, deadline, is_signed),
        )
        self.book_claim(before)
        return done

    @rule(owner=people, spender=accounts, part=parts, late=delays, own=st.booleans())
    def permit(self, owner: int, spender: int, part: int, late: int, own: bool) -> None:
        """Signed by the owner or by a thief."""
        pair, share = self.pair, self.share
        who, to = self.account(owner).address, self.account(spender).address
        amount, deadline = near(share.balance_of(who), part, 0), pair.now + 1 + late
        key = pair.keys[owner] if own else THIEF
        assert key is not None
        digest = permit_digest(
            self.stage.deployment.chain_id,
            pair.token.address,
            NAME,
            who,
            to,
            amount,
            share.nonce_of(who),
            deadline,
        )
        pair.step(
            pair.token,
            "permit",
            (who, to, amount, deadline, *key.sign_digest_vrs(digest)),
            self.stage.stranger,
            lambda: share.permit(who, to, amount, deadline, key.address),
        )
        assert pair.token.call("allowance", who, to) == share.allowance(who, to)
