// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {SweepPrice} from "../../contracts/libraries/SweepPrice.sol";

/// A sweep's bounds by a feed of 8 decimals, a coin of 6 for cash and one of 8 for bitcoin, as `boundsOf` makes them: a
/// test compares the texts.
contract SweepPriceProofs {
    uint256 private constant Q = 1e6;
    uint256 private constant PRICE_SCALE = 1e8 * 1e8;

    /// With at least `leastFor` a bitcoin costs the feed's price and the slippage at most, to the unit; and with a unit
    /// less it would cost more.
    function check_neverAboveThePriceAndSlippage(uint96 answer, uint32 slippage, uint80 spent) external pure {
        unchecked {
            if (answer == 0 || slippage > Q) return;
            SweepPrice.Bounds memory bounds;
            bounds.numerator = uint256(answer) * 1e6 * (Q + slippage);
            bounds.denominator = PRICE_SCALE * Q;
            uint256 least = SweepPrice.leastFor(bounds, spent);
            // spent / 1e6 dollars, least / 1e8 bitcoin, answer / 1e8 dollars a bitcoin
            assert(spent * bounds.denominator <= least * bounds.numerator);
            assert(least * bounds.numerator < spent * bounds.denominator + bounds.numerator);
        }
    }
}
