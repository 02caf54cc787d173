// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";
import {ICapacityRegistry} from "../interfaces/ICapacityRegistry.sol";

/// @title PriceCurve: what a booking costs, and how the base price follows demand.
/// @notice The cost is one exact rational, rounded up once. Its gross is the difference of a potential, so that at
/// constant base and attested units no way of cutting a booking is cheaper than another; the term discount only ever
/// favours the longer booking.
library PriceCurve {
    uint256 internal constant Q = 1e6;
    uint256 internal constant WAD = 1e18;
    uint256 internal constant HOUR = 3600;
    /// The logarithm of one base update is bounded, far beyond any cap / floor, so that the exponential can not
    /// overflow.
    int256 internal constant MAX_EXPONENT = 40e18;

    /// @notice Cost of `units` units in stablecoin units, rounded up.
    /// @param base Base price, 1e-18 stablecoin units per unit-hour; at most 1e30.
    /// @param attested The G of the price; 1 to 2^26 - 1.
    /// @param units Units booked; at most `attested`.
    /// @param time Seconds covered; at most two years.
    /// @param load Sum over the hours of units booked by others times seconds covered.
    function cost(
        ICapacityRegistry.Pricing memory pricing,
        uint256 base,
        uint256 attested,
        uint256 units,
        uint256 time,
        uint256 load
    ) internal pure returns (uint256) {
        uint256 low = pricing.low;
        // Twice G times gross / base, in millionths and seconds: the potential's difference without fractions.
        uint256 potential =
            2 * attested * low * units * time + (pricing.high - low) * units * (2 * load + time * units);
        uint256 ramp = pricing.discountHours * HOUR;
        uint256 paid = ramp * Q - pricing.discount * (time < ramp ? time : ramp);
        return FixedPointMathLib.fullMulDivUp(base * potential, paid, WAD * Q * HOUR * 2 * attested * ramp * Q);
    }

    /// @notice Base price after `elapsed` hours in which `booked` unit-hours were booked in all, rounded down.
    function nextBase(
        ICapacityRegistry.Pricing memory pricing,
        uint256 base,
        uint256 attested,
        uint256 elapsed,
        uint256 booked
    ) internal pure returns (uint256) {
        int256 excess = int256(Q * booked) - int256(pricing.target * elapsed * attested);
        int256 exponent = int256(uint256(pricing.speed)) * excess * int256(WAD) / int256(attested * Q * Q);
        exponent = FixedPointMathLib.clamp(exponent, -MAX_EXPONENT, MAX_EXPONENT);
        return FixedPointMathLib.clamp(
            base * uint256(FixedPointMathLib.expWad(exponent)) / WAD, pricing.baseFloor * WAD, pricing.baseCap * WAD
        );
    }
}
