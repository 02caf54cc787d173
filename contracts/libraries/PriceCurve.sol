// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";
import {ICapacityRegistry} from "../interfaces/ICapacityRegistry.sol";

/// @title PriceCurve: what a booking costs, and how the base price follows demand.
/// @notice The cost is one exact rational, rounded up once. Its gross is the difference of a potential, so that at
/// constant base and attested units no way of cutting a booking is cheaper than another; the term discount only ever
/// favours the longer booking. Within the bounds of the registry's terms a potential is below 2^107 and a base below
/// 2^100, so no product here comes near 2^256, and the arithmetic is unchecked.
library PriceCurve {
    uint256 internal constant Q = 1e6;
    uint256 internal constant WAD = 1e18;
    uint256 internal constant HOUR = 3600;
    uint256 internal constant RATE_SCALE = 2 ** 32;
    /// The logarithm of one base update is bounded, far beyond any cap / floor, so that the exponential can not
    /// overflow.
    int256 internal constant MAX_EXPONENT = 40e18;

    /// A booking on the curve.
    /// @param base Base price, 1e-18 stablecoin units per unit-hour; at most 1e30.
    /// @param attested The G of the price; 1 to 2^26 - 1.
    /// @param units Units booked; at most `attested`.
    /// @param time Seconds covered; at most two years.
    /// @param load Sum over the hours of units booked by others times seconds covered.
    struct Booking {
        uint256 base;
        uint256 attested;
        uint256 units;
        uint256 time;
        uint256 load;
    }

    /// What is sold back of a booking, in 2^-32 stablecoin units and seconds.
    /// @param rent Rent of all of it.
    /// @param rentLeft Rent of what is sold back; that part is whole hours.
    /// @param time Seconds of all of it.
    /// @param timeLeft Seconds of what is sold back.
    /// @param release Gross that it gives back on the curve now, rounded down.
    /// @param empty Gross of the same hours where nobody else has booked, rounded down.
    struct SellBack {
        uint256 rent;
        uint256 rentLeft;
        uint256 time;
        uint256 timeLeft;
        uint256 release;
        uint256 empty;
    }

    /// @notice Cost of a booking in stablecoin units, rounded up.
    function cost(ICapacityRegistry.Pricing memory pricing, Booking memory booking) internal pure returns (uint256) {
        uint256 ramp = pricing.discountHours * HOUR * Q;
        uint256 paid = ramp - discount(pricing, booking.time);
        return FixedPointMathLib.fullMulDivUp(
            booking.base * _potential(pricing, booking), paid, WAD * Q * HOUR * 2 * booking.attested * ramp
        );
    }

    /// @notice Gross of a booking in 2^-32 stablecoin units, rounded down.
    function gross(ICapacityRegistry.Pricing memory pricing, Booking memory booking) internal pure returns (uint256) {
        unchecked {
            return booking.base * _potential(pricing, booking) * RATE_SCALE / (WAD * Q * HOUR * 2 * booking.attested);
        }
    }

    /// @notice What the tenant gets for hours sold back, in 2^-32 stablecoin units, rounded down.
    /// @dev With gross and cost as paid, d the discount by seconds, e = d(time), k = d(time - timeLeft), R the smaller
    /// of the gross paid for the hours and `release`, and R0 that of R and `empty`:
    ///
    ///     refund = (1 - e) * R * (1 - cancelFee) - (e - k) * (gross - R) - (discount - k) * (R - R0)
    ///
    /// and zero where that is negative. Of the gross, the part that gives is rounded down, the part that takes up.
    function refund(ICapacityRegistry.Pricing memory pricing, SellBack memory back) internal pure returns (uint256) {
        unchecked {
            uint256 ramp = pricing.discountHours * HOUR * Q;
            uint256 given = discount(pricing, back.time);
            uint256 kept = discount(pricing, back.time - back.timeLeft);
            uint256 released = back.rentLeft * ramp / (ramp - given);
            if (back.release < released) released = back.release;
            // The rent leaves out less than a unit of the cost.
            uint256 taken = FixedPointMathLib.divUp(back.rent, RATE_SCALE) * RATE_SCALE;
            taken = FixedPointMathLib.divUp(taken * ramp, ramp - given); // the whole gross
            taken = (given - kept) * (taken - released);
            if (back.empty < released) {
                taken += (uint256(pricing.discount) * pricing.discountHours * HOUR - kept) * (released - back.empty);
            }
            taken = FixedPointMathLib.divUp(taken, ramp);
            given = released * (ramp - given) * (Q - pricing.cancelFee) / (ramp * Q);
            return FixedPointMathLib.zeroFloorSub(given, taken);
        }
    }

    /// @notice Term discount of so many seconds, in 1 / (discountHours * 3600 * Q).
    function discount(ICapacityRegistry.Pricing memory pricing, uint256 time) internal pure returns (uint256) {
        unchecked {
            uint256 ramp = pricing.discountHours * HOUR;
            return pricing.discount * (time < ramp ? time : ramp);
        }
    }

    /// Twice G times gross / base, in millionths and seconds: the potential's difference without fractions.
    function _potential(ICapacityRegistry.Pricing memory pricing, Booking memory booking)
        private
        pure
        returns (uint256)
    {
        unchecked {
            uint256 flat = 2 * booking.attested * pricing.low * booking.units * booking.time;
            uint256 spread = pricing.high - pricing.low;
            return flat + spread * booking.units * (2 * booking.load + booking.time * booking.units);
        }
    }

    /// @notice Base price after `elapsed` hours in which `covered` unit-seconds were booked in all, rounded down.
    function nextBase(
        ICapacityRegistry.Pricing memory pricing,
        uint256 base,
        uint256 attested,
        uint256 elapsed,
        uint256 covered
    ) internal pure returns (uint256) {
        int256 excess = int256(Q * covered) - int256(pricing.target * elapsed * attested * HOUR);
        int256 exponent = int256(uint256(pricing.speed)) * excess * int256(WAD) / int256(attested * HOUR * Q * Q);
        exponent = FixedPointMathLib.clamp(exponent, -MAX_EXPONENT, MAX_EXPONENT);
        return FixedPointMathLib.clamp(
            base * uint256(FixedPointMathLib.expWad(exponent)) / WAD, pricing.baseFloor * WAD, pricing.baseCap * WAD
        );
    }
}
