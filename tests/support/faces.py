"""Clusters made up for a document or a card: any bytes as texts, any figures the chain can give."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import strategies as st

#: Things that break documents, whole and in parts.
PIECES = [
    b"<script>alert('1')</script>",
    b'"},{"',
    b"]]>&amp;",
    b"\\u0000\\",
    b"\x00\x01\x08\t\n\r\x1f\x7f",
    "\u0085\u202e\u2028\u2066\ufffe\uffff\U0001ffff\ufeff\u200f".encode(),
    "漢字é ₮ 🏭".encode(),
    b"\xff\xfe\xc0\x80\xc1\xbf\xf5\x80",
    b"\xed\xa0\x80\xe0\x80\x80\xf0\x80\x80\x80\xf4\x90\x80\x80",
    b"\xe6\xbc",
    b"\xf0\x9f\x8f",
    b"\xf0\x9f\x8fA",
]
texts = st.one_of(
    st.binary(max_size=40),
    st.lists(st.sampled_from(PIECES), max_size=3).map(b"".join),
    st.text(max_size=12).map(lambda text: text.encode("utf-8", "surrogatepass")),
)


@dataclass(frozen=True)
class Figures:
    """ICapacityMetadata.Figures, in its order."""

    units: int = 1_000
    sellable: int = 1_000
    booked: int = 640
    price: int = 2_624_000
    remaining: int = 715
    hour: int = 490_900
    bookedThen: int = 640  # noqa: N815  (the contract's name)
    measured: int = 612_400
    served: int = 1_000_000
    work: int = 400 * 10**9
    energy: int = 10**9
    cash: int = 412_071_234
    reserve: int = 123_456


@dataclass(frozen=True)
class Coin:
    symbol: bytes
    decimals: int


@dataclass(frozen=True)
class Face:
    """CapacityCard.Face, in its order; texts are bytes, which need not be UTF-8."""

    cluster: int = 7
    timestamp: int = 1_767_331_380
    kind: int = 0
    name: bytes = b"Northern H100"
    symbol: bytes = b"wNH1"
    sku: bytes = b"H100-SXM5-80GB"
    region: bytes = b"NO-1"
    cash: Coin = Coin(b"USDC", 6)
    reserve: Coin = Coin(b"cbBTC", 8)
    figures: Figures = field(default_factory=Figures)


EMPTY = Figures(0, 0, 0, 0, 0, 0, 0, 0, 1_000_000, 0, 0, 0, 0)
#: The most of everything that the chain can come to.
FULL = Figures(
    units=2**26 - 1,
    sellable=2**26 - 1,
    booked=2**26 - 1,
    price=10**14,
    remaining=17_520,
    hour=2**24 - 1,
    bookedThen=2**26 - 1,
    measured=10**6,
    served=0,
    work=2**64 - 1,
    energy=1,
    cash=2**60,
    reserve=2**52,
)
LONG = Face(
    name=b"W" * 31,
    symbol=b"W" * 11,
    sku=b"W" * 32,
    region=b"W" * 32,
    cash=Coin(b"W" * 40, 6),
    reserve=Coin(b"W" * 40, 8),
    figures=FULL,
)
SCRIPT = b"<script>alert(\"x\" & 'y')</script>"
HOSTILE = Face(
    name=SCRIPT[:29] + b"\xff\xe6",
    symbol="\u202e漢&\"'".encode(),
    sku=b'\x01\xff\\"},{]]>',
    region=b"<svg/>\xe6\xbc",
    cash=Coin(SCRIPT, 6),
    reserve=Coin("USD₮0\n".encode(), 18),
)
coins = st.builds(Coin, texts, st.integers(0, 26))
figures = st.one_of(
    st.just(EMPTY),
    st.just(FULL),
    st.integers(0, 2**26 - 1).flatmap(
        lambda units: st.builds(
            Figures,
            units=st.just(units),
            sellable=st.integers(0, units),
            booked=st.integers(0, units),
            price=st.integers(0, 10**14),
            remaining=st.integers(0, 17_520),
            hour=st.integers(0, 2**24 - 1),
            bookedThen=st.integers(0, 2**26 - 1),
            measured=st.integers(0, 10**6),
            served=st.integers(0, 10**6),
            work=st.integers(0, 2**64 - 1),
            energy=st.integers(0, 2**44 - 1),
            cash=st.integers(0, 2**127),
            reserve=st.integers(0, 2**127),
        )
    ),
)
faces = st.builds(
    Face,
    cluster=st.integers(1, 2**32),
    timestamp=st.integers(0, 2**40),
    kind=st.integers(0, 2),
    name=texts.map(lambda text: text[:31]),
    symbol=texts.map(lambda text: text[:11]),
    sku=texts.map(lambda text: text[:32]),
    region=texts.map(lambda text: text[:32]),
    cash=coins,
    reserve=coins,
    figures=figures,
)
