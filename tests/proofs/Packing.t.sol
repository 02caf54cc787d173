// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Holder} from "../../contracts/libraries/Holder.sol";
import {LeaseBook} from "../../contracts/libraries/LeaseBook.sol";
import {Samples} from "../../contracts/libraries/Samples.sol";
import {TokenAccount} from "../../contracts/libraries/TokenAccount.sol";

/// Every setter changes its own part of the word, for all words and all values of the part's width.
contract TokenAccountProofs {
    function check_withTokens(TokenAccount word, uint88 tokens) external pure {
        TokenAccount changed = word.withTokens(tokens);
        assert(changed.tokens() == tokens);
        assert(changed.indices() == word.indices());
        assert(changed.flags() == word.flags() && changed.day() == word.day());
    }

    function check_withIndices(TokenAccount word, TokenAccount other) external pure {
        TokenAccount changed = word.withIndices(other.indices());
        assert(changed.cash() == other.cash() && changed.reserve() == other.reserve());
        assert(changed.tokens() == word.tokens());
        assert(changed.flags() == word.flags() && changed.day() == word.day());
    }

    function check_withFlags(TokenAccount word, uint8 flags) external pure {
        TokenAccount changed = word.withFlags(flags);
        assert(changed.flags() == flags);
        assert(changed.indices() == word.indices());
        assert(changed.tokens() == word.tokens() && changed.day() == word.day());
    }

    function check_withDay(TokenAccount word, uint16 day) external pure {
        TokenAccount changed = word.withDay(day);
        assert(changed.day() == day);
        assert(changed.indices() == word.indices());
        assert(changed.tokens() == word.tokens() && changed.flags() == word.flags());
    }

    /// While neither index leaves its 72 bits.
    function check_grown(TokenAccount word, uint72 cash, uint72 reserve) external pure {
        if (word.cash() + cash > type(uint72).max || word.reserve() + reserve > type(uint72).max) return;
        TokenAccount changed = word.grown(cash, reserve);
        assert(changed.cash() == word.cash() + cash && changed.reserve() == word.reserve() + reserve);
        assert(changed.tokens() == word.tokens());
        assert(changed.flags() == word.flags() && changed.day() == word.day());
    }

    /// The parts are the whole word.
    function check_partsAreTheWord(TokenAccount word) external pure {
        TokenAccount copy = TokenAccount.wrap(0).withFlags(word.flags()).withDay(word.day()).withTokens(word.tokens())
            .withIndices(word.cash() << 72 | word.reserve());
        assert(TokenAccount.unwrap(copy) == TokenAccount.unwrap(word));
    }
}

contract HolderProofs {
    function check_withCredential(
        Holder word,
        uint40 expires,
        uint40 issued,
        uint16 jurisdiction,
        uint8 class,
        uint8 issuer
    ) external pure {
        Holder changed = word.withCredential(expires, issued, jurisdiction, class, issuer);
        assert(changed.expires() == expires && changed.issued() == issued);
        assert(changed.jurisdiction() == jurisdiction && changed.class() == class && changed.issuer() == issuer);
        assert(changed.isBlocked() == word.isBlocked() && changed.isSystemHolder() == word.isSystemHolder());
    }

    function check_revoked(Holder word, uint40 issued) external pure {
        Holder changed = word.revoked(issued);
        assert(changed.expires() == 0 && changed.issued() == issued);
        assert(changed.jurisdiction() == word.jurisdiction() && changed.class() == word.class());
        assert(changed.issuer() == word.issuer());
        assert(changed.isBlocked() == word.isBlocked() && changed.isSystemHolder() == word.isSystemHolder());
    }

    function check_blocked(Holder word, bool isBlocked) external pure {
        Holder changed = word.blocked(isBlocked);
        assert(changed.isBlocked() == isBlocked && changed.isSystemHolder() == word.isSystemHolder());
        assert(Holder.unwrap(changed.blocked(false)) == Holder.unwrap(word.blocked(false)));
    }

    function check_asSystemHolder(Holder word) external pure {
        Holder changed = word.asSystemHolder();
        assert(changed.isSystemHolder() && !changed.isBlocked());
        assert(uint112(Holder.unwrap(changed)) == uint112(Holder.unwrap(word)));
    }
}

contract SamplesProofs {
    function check_partsAreTheWord(uint256 word) external pure {
        uint256 sum = Samples.cluster(word) << 224 | Samples.hour(word) << 200 | Samples.working(word) << 164;
        sum |= Samples.available(word) << 128 | Samples.measured(word) << 108 | Samples.energy(word) << 64;
        assert(sum | Samples.work(word) == word);
    }

    function check_toRecord(uint256 word, uint32 finalAt) external pure {
        uint256 record = Samples.toRecord(word, finalAt);
        assert(Samples.finalAt(record) == finalAt);
        assert(Samples.hour(record) == Samples.hour(word) && Samples.working(record) == Samples.working(word));
        assert(Samples.available(record) == Samples.available(word));
        assert(Samples.measured(record) == Samples.measured(word));
        assert(Samples.energy(record) == Samples.energy(word) && Samples.work(record) == Samples.work(word));
    }

    function check_zero(uint32 cluster, uint24 hour, uint32 finalAt) external pure {
        uint256 sample = Samples.zeroSample(cluster, hour);
        assert(Samples.cluster(sample) == cluster && Samples.hour(sample) == hour);
        assert(sample << 56 == 0); // nothing below the hour
        assert(Samples.toRecord(sample, finalAt) == Samples.zeroRecord(hour, finalAt));
    }
}

/// What the market keeps in one slot each, written and read.
contract BookPackingProofs {
    LeaseBook.Book private _book;
    LeaseBook.Term private _term;

    function check_meter(LeaseBook.Meter memory meter, LeaseBook.Earnings memory earnings) external {
        _book.meter = meter;
        _book.earnings = earnings;
        assert(keccak256(abi.encode(_book.meter)) == keccak256(abi.encode(meter)));
        assert(keccak256(abi.encode(_book.earnings)) == keccak256(abi.encode(earnings)));
    }

    function check_meterPartsApart(LeaseBook.Meter memory meter, uint112 rate, uint48 lost, uint24 down) external {
        _book.meter = meter;
        (_book.meter.rate, _book.meter.lost, _book.meter.down) = (rate, lost, down);
        LeaseBook.Meter memory kept = _book.meter;
        assert(kept.rate == rate && kept.lost == lost && kept.down == down);
        assert(kept.cursor == meter.cursor && kept.booked == meter.booked && kept.phase == meter.phase);
    }

    function check_earningsPartsApart(LeaseBook.Earnings memory earnings, uint112 earned, uint56 cancelled) external {
        _book.earnings = earnings;
        (_book.earnings.earned, _book.earnings.cancelled) = (earned, cancelled);
        LeaseBook.Earnings memory kept = _book.earnings;
        assert(kept.earned == earned && kept.cancelled == cancelled);
        assert(kept.remainder == earnings.remainder && kept.hoursCovered == earnings.hoursCovered);
    }

    function check_mark(LeaseBook.Mark memory written, uint40 late, uint48 lost) external {
        LeaseBook.Mark storage mark = _book.eras[0].marks[1];
        (mark.rate, mark.units, mark.closes) = (written.rate, written.units, written.closes);
        (mark.late, mark.lost) = (written.late, written.lost);
        assert(keccak256(abi.encode(_book.eras[0].marks[1])) == keccak256(abi.encode(written)));
        (mark.late, mark.lost) = (late, lost);
        assert(mark.late == late && mark.lost == lost);
        assert(mark.rate == written.rate && mark.units == written.units && mark.closes == written.closes);
    }

    function check_term(LeaseBook.Term memory term, uint24 end, uint96 rate) external {
        _term = term;
        (_term.end, _term.rate) = (end, rate);
        LeaseBook.Term memory kept = _term;
        assert(kept.end == end && kept.rate == rate);
        assert(kept.clusterId == term.clusterId && kept.units == term.units && kept.start == term.start);
        assert(kept.firstSeconds == term.firstSeconds && kept.era == term.era);
        assert(kept.extensions == term.extensions && kept.flags == term.flags);
    }
}
