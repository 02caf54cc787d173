// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ICapacityRegistry} from "../../contracts/interfaces/ICapacityRegistry.sol";
import {PriceCurve} from "../../contracts/libraries/PriceCurve.sol";

/// The curve, for all terms that the registry accepts and all bookings that the market prices.
abstract contract PriceTerms {
    uint256 internal constant Q = 1e6;
    uint256 internal constant HOUR = 3600;
    uint256 internal constant MAX_BASE = 1e30;
    uint256 internal constant MAX_ATTESTED = 2 ** 26 - 1;
    uint256 internal constant MAX_HOURS = 17_520;

    /// What the registry demands of the terms that a price depends on.
    function _valid(ICapacityRegistry.Pricing memory pricing) internal pure returns (bool) {
        unchecked {
            return pricing.low != 0 && pricing.high >= pricing.low && pricing.high <= 100 * Q
                && pricing.discountHours != 0 && pricing.discountHours <= MAX_HOURS && pricing.cancelFee <= Q
                && pricing.discount <= Q
                && uint256(pricing.discount) * pricing.high <= (Q - pricing.discount) * pricing.low;
        }
    }

    function _pricing(uint32 low, uint32 high, uint32 discount, uint32 discountHours)
        internal
        pure
        returns (ICapacityRegistry.Pricing memory pricing)
    {
        (pricing.low, pricing.high) = (low, high);
        (pricing.discount, pricing.discountHours) = (discount, discountHours);
    }

    /// A booking that fits: others have booked at most what is left of the attested units.
    function _fits(PriceCurve.Booking memory booking) internal pure returns (bool) {
        unchecked {
            return booking.base <= MAX_BASE && booking.attested != 0 && booking.attested <= MAX_ATTESTED
                && booking.units != 0 && booking.units <= booking.attested && booking.time != 0
                && booking.time <= MAX_HOURS * HOUR
                && booking.load <= (booking.attested - booking.units) * booking.time;
        }
    }
}

contract GrossProofs is PriceTerms {
    function check_splitInUnitsCostsTheSame(PriceCurve.Booking memory whole, uint256 units, uint32 low, uint32 high)
        external
        pure
    {
        unchecked {
            ICapacityRegistry.Pricing memory pricing = _pricing(low, high, 0, 1);
            if (!_valid(pricing) || !_fits(whole) || units == 0 || units >= whole.units) return;
            PriceCurve.Booking memory first =
                PriceCurve.Booking(whole.base, whole.attested, units, whole.time, whole.load);
            PriceCurve.Booking memory second = PriceCurve.Booking(
                whole.base, whole.attested, whole.units - units, whole.time, whole.load + units * whole.time
            );
            _sameSum(pricing, whole, first, second);
        }
    }

    function check_splitInTimeCostsTheSame(
        PriceCurve.Booking memory whole,
        uint256 time,
        uint256 load,
        uint32 low,
        uint32 high
    ) external pure {
        unchecked {
            ICapacityRegistry.Pricing memory pricing = _pricing(low, high, 0, 1);
            if (!_valid(pricing) || !_fits(whole) || time == 0 || time >= whole.time || load > whole.load) return;
            PriceCurve.Booking memory first = PriceCurve.Booking(whole.base, whole.attested, whole.units, time, load);
            PriceCurve.Booking memory second = PriceCurve.Booking(
                whole.base, whole.attested, whole.units, whole.time - time, whole.load - load
            );
            _sameSum(pricing, whole, first, second);
        }
    }

    function check_moreUnitsCostMore(PriceCurve.Booking memory booking, uint256 units, uint32 low, uint32 high)
        external
        pure
    {
        PriceCurve.Booking memory other = _copy(booking);
        other.units = units;
        if (units < booking.units) return;
        _notLess(booking, other, low, high);
    }

    function check_moreLoadCostsMore(PriceCurve.Booking memory booking, uint256 load, uint32 low, uint32 high)
        external
        pure
    {
        PriceCurve.Booking memory other = _copy(booking);
        other.load = load;
        if (load < booking.load) return;
        _notLess(booking, other, low, high);
    }

    function check_moreTimeCostsMore(PriceCurve.Booking memory booking, uint256 time, uint32 low, uint32 high)
        external
        pure
    {
        PriceCurve.Booking memory other = _copy(booking);
        other.time = time;
        if (time < booking.time) return;
        _notLess(booking, other, low, high);
    }

    function check_emptyCurveCostsLess(PriceCurve.Booking memory booking, uint32 low, uint32 high) external pure {
        PriceCurve.Booking memory other = _copy(booking);
        other.load = 0;
        _notLess(other, booking, low, high);
    }

    /// In 2^-32 stablecoin units, rounded down: the parts lose less than one together.
    function _sameSum(
        ICapacityRegistry.Pricing memory pricing,
        PriceCurve.Booking memory whole,
        PriceCurve.Booking memory first,
        PriceCurve.Booking memory second
    ) private pure {
        unchecked {
            uint256 sum = PriceCurve.gross(pricing, first) + PriceCurve.gross(pricing, second);
            uint256 gross = PriceCurve.gross(pricing, whole);
            assert(sum <= gross);
            assert(gross <= sum + 1);
        }
    }

    function _notLess(PriceCurve.Booking memory small, PriceCurve.Booking memory large, uint32 low, uint32 high)
        private
        pure
    {
        ICapacityRegistry.Pricing memory pricing = _pricing(low, high, 0, 1);
        if (!_valid(pricing) || !_fits(small) || !_fits(large)) return;
        assert(PriceCurve.gross(pricing, small) <= PriceCurve.gross(pricing, large));
    }

    function _copy(PriceCurve.Booking memory b) private pure returns (PriceCurve.Booking memory) {
        return PriceCurve.Booking(b.base, b.attested, b.units, b.time, b.load);
    }
}

contract CostProofs is PriceTerms {
    /// The exact cost lies less than one stablecoin unit below what is charged, and never above.
    function check_costIsTheExactCostRoundedUp(
        PriceCurve.Booking memory booking,
        uint32 low,
        uint32 high,
        uint32 discount,
        uint32 discountHours
    ) external pure {
        unchecked {
            ICapacityRegistry.Pricing memory pricing = _pricing(low, high, discount, discountHours);
            if (!_valid(pricing) || !_fits(booking)) return;
            uint256 ramp = discountHours * HOUR * Q;
            _discountWithinAll(pricing, booking.time);
            uint256 exact = _exact(pricing, booking);
            uint256 scale = 1e18 * Q * HOUR * 2 * booking.attested * ramp;
            uint256 cost = PriceCurve.cost(pricing, booking);
            assert(cost * scale >= exact);
            assert(cost * scale < exact + scale);
        }
    }

    /// Exact costs, of which the property above is the rounding, are base * potential * (ramp - discount). Cut in units,
    /// the discount is the same, and the potentials of the two add up.
    function check_splitInUnitsIsNotCheaper(
        PriceCurve.Booking memory whole,
        uint256 units,
        uint32 low,
        uint32 high,
        uint32 discount,
        uint32 discountHours
    ) external pure {
        unchecked {
            ICapacityRegistry.Pricing memory pricing = _pricing(low, high, discount, discountHours);
            if (!_valid(pricing) || !_fits(whole) || units == 0 || units >= whole.units) return;
            PriceCurve.Booking memory first =
                PriceCurve.Booking(whole.base, whole.attested, units, whole.time, whole.load);
            PriceCurve.Booking memory second = PriceCurve.Booking(
                whole.base, whole.attested, whole.units - units, whole.time, whole.load + units * whole.time
            );
            assert(_potential(pricing, first) + _potential(pricing, second) == _potential(pricing, whole));
        }
    }

    /// Cut in time, the potentials add up too, and no discount of the two is above that of the whole.
    function check_splitInTimeIsNotCheaper(
        PriceCurve.Booking memory whole,
        uint256 time,
        uint256 load,
        uint32 low,
        uint32 high,
        uint32 discount,
        uint32 discountHours
    ) external pure {
        unchecked {
            ICapacityRegistry.Pricing memory pricing = _pricing(low, high, discount, discountHours);
            if (!_valid(pricing) || !_fits(whole) || time == 0 || time >= whole.time || load > whole.load) return;
            PriceCurve.Booking memory first = PriceCurve.Booking(whole.base, whole.attested, whole.units, time, load);
            PriceCurve.Booking memory second = PriceCurve.Booking(
                whole.base, whole.attested, whole.units, whole.time - time, whole.load - load
            );
            uint256 discounted = PriceCurve.discount(pricing, whole.time);
            assert(PriceCurve.discount(pricing, time) <= discounted);
            assert(PriceCurve.discount(pricing, whole.time - time) <= discounted);
            assert(_potential(pricing, first) + _potential(pricing, second) == _potential(pricing, whole));
        }
    }

    /// The cost times what `cost` divides by.
    function _exact(ICapacityRegistry.Pricing memory pricing, PriceCurve.Booking memory booking)
        private
        pure
        returns (uint256)
    {
        unchecked {
            return booking.base * _potential(pricing, booking) * _paid(pricing, booking.time);
        }
    }

    function _paid(ICapacityRegistry.Pricing memory pricing, uint256 time) private pure returns (uint256) {
        unchecked {
            return pricing.discountHours * HOUR * Q - PriceCurve.discount(pricing, time);
        }
    }

    /// A lemma: what is proved here is known to what follows.
    function _discountWithinAll(ICapacityRegistry.Pricing memory pricing, uint256 time) private pure {
        unchecked {
            assert(PriceCurve.discount(pricing, time) <= pricing.discountHours * HOUR * Q);
        }
    }

    function _potential(ICapacityRegistry.Pricing memory pricing, PriceCurve.Booking memory booking)
        internal
        pure
        returns (uint256)
    {
        unchecked {
            uint256 flat = 2 * booking.attested * pricing.low * booking.units * booking.time;
            uint256 spread = pricing.high - pricing.low;
            return flat + spread * booking.units * (2 * booking.load + booking.time * booking.units);
        }
    }
}

contract DiscountProofs is PriceTerms {
    /// With the discount, a longer lease at the same gross an hour never costs less.
    function check_longerNeverCostsLessAtOneRate(
        uint32 low,
        uint32 high,
        uint32 discount,
        uint32 discountHours,
        uint32 time,
        uint32 longer
    ) external pure {
        unchecked {
            ICapacityRegistry.Pricing memory pricing = _pricing(low, high, discount, discountHours);
            if (!_valid(pricing) || time > longer || longer > MAX_HOURS * HOUR) return;
            uint256 ramp = discountHours * HOUR * Q;
            assert(
                time * (ramp - PriceCurve.discount(pricing, time)) <= longer * (ramp - PriceCurve.discount(pricing, longer))
            );
        }
    }

    /// Nor when the hours that it adds are empty, and those before full.
    function check_longerNeverCostsLess(
        uint32 low,
        uint32 high,
        uint32 discount,
        uint32 discountHours,
        uint32 time,
        uint32 more,
        uint256 gross
    ) external pure {
        unchecked {
            ICapacityRegistry.Pricing memory pricing = _pricing(low, high, discount, discountHours);
            if (!_valid(pricing) || uint256(time) + more > MAX_HOURS * HOUR || gross > uint256(high) * time) return;
            uint256 ramp = discountHours * HOUR * Q;
            uint256 before = gross * (ramp - PriceCurve.discount(pricing, time));
            uint256 longer = (gross + uint256(low) * more) * (ramp - PriceCurve.discount(pricing, uint256(time) + more));
            assert(before <= longer);
        }
    }
}

contract RefundProofs is PriceTerms {
    /// Neither more than the rent of the hours sold back, nor anything unless the curve gives something.
    function check_refundWithinRent(
        PriceCurve.SellBack memory back,
        uint32 low,
        uint32 high,
        uint32 discount,
        uint32 discountHours,
        uint32 cancelFee
    ) external pure {
        ICapacityRegistry.Pricing memory pricing = _pricing(low, high, discount, discountHours);
        pricing.cancelFee = cancelFee;
        if (!_valid(pricing) || !_wasPaid(back)) return;
        uint256 refund = PriceCurve.refund(pricing, back);
        assert(refund <= back.rentLeft);
        assert(refund <= back.release);
    }

    /// Where everything is sold back at once at the price paid, and nobody else has booked, the fee is all that is lost.
    function check_emptyHouseGivesBackAllButTheFee(PriceCurve.SellBack memory back, uint32 cancelFee) external pure {
        unchecked {
            ICapacityRegistry.Pricing memory pricing = _pricing(1, 1, 0, 1);
            pricing.cancelFee = cancelFee;
            if (!_valid(pricing) || !_wasPaid(back)) return;
            if (back.release < back.rentLeft || back.empty < back.rentLeft) return;
            assert(PriceCurve.refund(pricing, back) == back.rentLeft * (Q - cancelFee) / Q);
        }
    }

    function _wasPaid(PriceCurve.SellBack memory back) private pure returns (bool) {
        return back.rent < 2 ** 128 && back.rentLeft <= back.rent && back.time <= MAX_HOURS * HOUR
            && back.timeLeft <= back.time && back.release < 2 ** 128 && back.empty < 2 ** 128;
    }
}
