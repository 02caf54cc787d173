// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {LeaseBook} from "../../contracts/libraries/LeaseBook.sol";

/// Rates and their ledgers. The two formulas that stand in the market itself, a new lease's rate and a split one's, are
/// repeated here word for word; a test compares them with the source.
contract RatesProofs {
    uint256 private constant HOUR = 3600;
    uint256 private constant RATE_SCALE = 2 ** 32;
    uint256 private constant MAX_HOURS = 17_520;

    /// The rent never exceeds the cost, and leaves less of it than a hundred-thousandth of a stablecoin unit: so little
    /// that the market counts it in 64 bits.
    function check_rentWithinCost(uint96 cost, uint24 start, uint24 hoursAsked, uint16 firstSeconds) external pure {
        unchecked {
            if (hoursAsked == 0 || hoursAsked > MAX_HOURS || firstSeconds == 0 || firstSeconds > HOUR) return;
            if (uint256(start) + hoursAsked > type(uint24).max) return;
            LeaseBook.Term memory term = _term(0, start, hoursAsked, firstSeconds);
            uint256 time = LeaseBook.time(term);
            assert(time == (uint256(hoursAsked) - 1) * HOUR + firstSeconds);
            uint256 rate = cost * RATE_SCALE * HOUR / time;
            if (rate > type(uint96).max) return; // the market reverts
            term.rate = uint96(rate);
            uint256 rent = LeaseBook.rent(term);
            assert(rent <= cost * RATE_SCALE);
            assert(cost * RATE_SCALE < rent + 2 ** 15);
        }
    }

    function check_firstRateIsProRata(uint96 rate, uint16 firstSeconds) external pure {
        unchecked {
            if (firstSeconds == 0 || firstSeconds > HOUR) return;
            uint256 first = LeaseBook.firstRate(_term(rate, 0, 1, firstSeconds));
            assert(first <= rate);
            assert(first * HOUR <= uint256(rate) * firstSeconds && uint256(rate) * firstSeconds < (first + 1) * HOUR);
            assert(firstSeconds != HOUR || first == rate);
        }
    }

    /// What two leases pay is what one was to pay, hour by hour, to the integer.
    function check_splitAddsUp(uint96 whole, uint32 units, uint32 part, uint16 firstSeconds) external pure {
        unchecked {
            if (part == 0 || part >= units || firstSeconds == 0 || firstSeconds > HOUR) return;
            uint256 rate = uint256(whole) * part / units / HOUR * HOUR;
            assert(rate <= whole);
            uint256 first = LeaseBook.firstRate(_term(uint96(rate), 0, 1, firstSeconds));
            uint256 second = LeaseBook.firstRate(_term(uint96(whole - rate), 0, 1, firstSeconds));
            assert(first + second == LeaseBook.firstRate(_term(whole, 0, 1, firstSeconds)));
            assert(rate * units <= uint256(whole) * part);
            assert(uint256(whole) * part < (rate + HOUR) * units);
        }
    }

    function _term(uint96 rate, uint24 start, uint24 hoursAsked, uint16 firstSeconds)
        private
        pure
        returns (LeaseBook.Term memory term)
    {
        (term.rate, term.start, term.end) = (rate, start, start + hoursAsked);
        term.firstSeconds = firstSeconds;
    }
}
