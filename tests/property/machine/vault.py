"""Claims in the vault: of the two coins, and of one that breaks every rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.property.hostile import Mode
from tests.property.machine.base import Machine, Reach, near, parts, people
from tests.support.payment import authorization, encoded
from tests.support.stage import MAX, UNIT
from wellhead.chain import UnlockedAccount

coins = st.integers(0, 2)
edges = st.sampled_from([0, 0, 1])


class VaultRules(Machine):
    """Whoever has coins or claims; the hostile coin lies beside the others, and must not touch
    them."""

    calls: Reach = (
        "Vault.deposit",
        "Vault.depositWithAuthorization",
        "Vault.move",
        "Vault.moveBatch",
        "Vault.withdraw",
        "TestHostileCoin.setMode",
        "TestHostileCoin.setCall",
        "TestHostileCoin.mint",
        "TestHostileCoin.approve",
    )

    @rule(number=coins, who=people, to=people, part=parts, edge=edges)
    def deposit(self, number: int, who: int, to: int, part: int, edge: int) -> None:
        coin, sender = self.pair.coins[number], self.pair.people[who]
        held = self.world.coins[coin.address].balance_of(sender.address)
        amount = near(min(held, 10**12), part, edge)
        arguments = (coin.address, self.pair.people[to].address, amount)
        self.act(sender, self.stage.vault, "deposit", arguments, self._whole("deposit"))

    @rule(payer=people, by=people, amount=st.integers(0, 10**9), nonce=st.integers(1, 6))
    def deposit_with_authorization(self, payer: int, by: int, amount: int, nonce: int) -> None:
        """Only the payer itself may bring it here."""
        owner, sender = self.pair.people[payer], self.pair.people[by if nonce > 4 else payer]
        stage, word, cash = self.stage, nonce.to_bytes(32, "big"), self.stage.cash.address
        signed = authorization(stage, amount, owner, before=2**40, nonce=word)
        vault = self.world.vault
        self.call(
            sender,
            stage.vault,
            "depositWithAuthorization",
            (cash, owner.address, *signed),
            lambda: vault.deposit_with_authorization(
                sender.address, cash, owner.address, amount, 0, 2**40, word
            ),
        )

    @rule(number=coins, who=people, to=people, part=parts, edge=edges)
    def move(self, number: int, who: int, to: int, part: int, edge: int) -> None:
        coin, sender = self.pair.coins[number].address, self.pair.people[who]
        amount = near(self.world.vault.claim_of(coin, sender.address), part, edge)
        arguments = (coin, self.pair.people[to].address, amount)
        self.act(sender, self.stage.vault, "move", arguments, self.world.vault.move)

    @rule(
        number=coins,
        who=people,
        to=st.lists(people, max_size=4),
        cuts=st.lists(parts, min_size=3, max_size=4),
        edge=edges,
    )
    def move_batch(self, number: int, who: int, to: list[int], cuts: list[int], edge: int) -> None:
        """To several, some twice, some nothing; now and then one amount too many."""
        coin, sender = self.pair.coins[number].address, self.pair.people[who]
        left = self.world.vault.claim_of(coin, sender.address)
        amounts = []
        for cut in cuts[: len(to) + edge]:
            amounts.append(near(left, cut, 0))
            left -= amounts[-1]
        amounts += [0] * (len(to) - len(amounts))
        receivers = [self.pair.people[one].address for one in to]
        vault = self.world.vault
        self.act(
            sender, self.stage.vault, "moveBatch", (coin, receivers, amounts), vault.move_batch
        )

    @rule(number=coins, who=people, to=people, part=parts, edge=edges)
    def withdraw_any(self, number: int, who: int, to: int, part: int, edge: int) -> None:
        coin, sender = self.pair.coins[number].address, self.pair.people[who]
        amount = near(self.world.vault.claim_of(coin, sender.address), part, edge)
        arguments = (coin, self.pair.people[to].address, amount)
        self.act(sender, self.stage.vault, "withdraw", arguments, self._whole("withdraw"))

    @rule(
        mode=st.sampled_from(Mode),
        what=st.sampled_from(["withdraw", "deposit", "steal", "distribute", "accrue"]),
        who=people,
        to=people,
        amount=st.integers(0, 5),
        back=st.sampled_from([True, True, False]),
    )
    def misbehave(self, mode: Mode, what: str, who: int, to: int, amount: int, back: bool) -> None:
        """The coin takes on a mode; somebody deposits some of it, and takes it out again."""
        coin, twin, stage = self.pair.coins[2], self.pair.hostile, self.stage
        sender, receiver = self.pair.people[who], self.pair.people[to].address
        self._prepare(what)
        self._supply(sender, amount + 1)
        self.call(stage.stranger, coin, "setMode", (mode.value,), lambda: twin.set_mode(mode))
        put, taken = (coin.address, sender.address, amount), (coin.address, receiver, amount)
        self.act(sender, stage.vault, "deposit", put, self._whole("deposit"))
        self.act(sender, stage.vault, "withdraw", taken, self._whole("withdraw"))
        if back:
            self.call(stage.stranger, coin, "setMode", (0,), lambda: twin.set_mode(Mode.PLAIN))

    def _whole(self, name: str) -> Callable[..., None]:
        """A function of the vault's that moves coins, all or nothing."""

        def model(*arguments: Any) -> None:
            with self.world.transaction():
                getattr(self.world.vault, name)(*arguments)

        return model

    def _supply(self, sender: UnlockedAccount, amount: int) -> None:
        """Some of the hostile coin, which the vault may take."""
        coin, twin, vault = self.pair.coins[2], self.pair.hostile, self.stage.vault.address
        minted = (sender.address, amount)
        self.call(self.stage.stranger, coin, "mint", minted, lambda: twin.mint(*minted))
        if twin.allowance(sender.address, vault) == 0:
            self.act(sender, coin, "approve", (vault, MAX), twin.approve)

    def _prepare(self, what: str) -> None:
        """What the coin calls when it re-enters, and what that does in the model."""
        coin, twin, world, key = self.pair.coins[2], self.pair.hostile, self.world, self.key
        cash, thief, vault = self.stage.cash.address, self.stage.stranger.address, self.stage.vault
        target, name, arguments = {
            "withdraw": (vault, "withdraw", (coin.address, thief, 1)),
            "deposit": (vault, "deposit", (coin.address, thief, 1)),
            "steal": (vault, "move", (cash, thief, UNIT)),
            "distribute": (self.stage.router, "distribute", (key,)),
            "accrue": (self.stage.market, "accrue", (key,)),
        }[what]
        models: dict[str, Callable[[], Any]] = {
            "withdraw": twin.refuse_reentry,
            "deposit": twin.refuse_reentry,
            "steal": lambda: world.vault.move(coin.address, cash, thief, UNIT),
            "distribute": lambda: world.router.distribute(key),
            "accrue": lambda: world.market.accrue(key),
        }
        call = (target.address, encoded(target, name, *arguments))
        self.call(self.stage.stranger, coin, "setCall", call, lambda: twin.set_call(models[what]))
