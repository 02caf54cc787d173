"""Signing very many credentials: the same digests and signatures, without general encoders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from coincurve import PrivateKey
from eth_utils.crypto import keccak

from tests.support.stage import Stage
from wellhead.chain import dev_account
from wellhead.chain.accounts import dev_key
from wellhead.chain.signing import credential_digest

_DOMAIN = keccak(
    text="EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
_CREDENTIAL = keccak(
    text="Credential(address holder,uint16 jurisdiction,uint8 class,uint40 issued,uint40 expires)"
)


@dataclass(frozen=True)
class Issuing:
    """An issuer whose key is at hand, for one compliance contract."""

    issuer: int
    key: PrivateKey
    domain: bytes

    @classmethod
    def of(cls, stage: Stage) -> Issuing:
        """The stage's own issuer; AssertionError unless its digests are the contract's."""
        index = next(i for i in range(40) if dev_account(i).address == stage.issuer.address)
        names = keccak(text="Wellhead Compliance"), keccak(text="1")
        chain, contract = stage.deployment.chain_id, int(stage.compliance.address, 16)
        domain = keccak(b"".join([_DOMAIN, *names, _word(chain), _word(contract)]))
        found = cls(int(stage.issuer.address, 16), PrivateKey(dev_key(index)), domain)
        sample = (1, 578, 0, 2, 3)
        statement = (f"0x{1:040x}", *sample[1:])
        expected = credential_digest(chain, stage.compliance.address, statement)
        assert found.digest(sample) == expected
        return found

    def digest(self, words: Sequence[int]) -> bytes:
        """Of holder, jurisdiction, class, issued and expires."""
        contents = keccak(_CREDENTIAL + b"".join(map(_word, words)))
        return keccak(b"\x19\x01" + self.domain + contents)

    def arguments(self, words: Sequence[int]) -> list[int]:
        """What Compliance.present takes, in words: issuer, credential, signature."""
        signed = self.key.sign_recoverable(self.digest(words), hasher=None)
        r, s, v = signed[:32], signed[32:64], signed[64] + 27
        return [
            self.issuer,
            *words,
            *(7 * 32, 65),
            *(int.from_bytes(part, "big") for part in (r, s)),
            v << 248,
        ]


def _word(number: int) -> bytes:
    return number.to_bytes(32, "big")
