// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title LeaseMarket: quote, lease, accrue, settle.
/// @notice A lease is a number of units for whole hours [start, end), prepaid in the stablecoin, an ERC-721. An hour is
/// `unix time / 3600`; a lease that starts in the current hour pays that hour pro rata.
///
/// Units: a unit-hour is one unit for one hour. `Q` = 1e6 is a fully served hour. Rates are in 2^-32 stablecoin units
/// per hour. Ledgers are in 1 / (2^32 * Q) stablecoin units, exact; they are floored only when money is paid out, and
/// what the floor leaves stays in the ledger. So acting once late gives the same as acting often.
///
/// Moving a lease (ERC-721) settles its final hours to the seller, as far as one `accrue` comes; later hours go with
/// the lease.
///
/// Price of n units of G attested over the hours h of a lease, each covered for s(h) of its 3,600 seconds:
///
///     gross = base * sum of s(h) / 3600 * (low * n + (high - low) / G * (n * booked(h) + n^2 / 2))
///     cost  = gross * (1 - discount * min(S, discountHours * 3600) / (discountHours * 3600)),     S = sum of s(h)
///
/// rounded up once, to the next stablecoin unit. `base` grows by exp(speed * (booked(h) / G - target)) with every hour
/// h that has elapsed, within the operator's floor and cap.
///
/// Service of a final hour with b units booked: a = min(1, available / b); served = Q when a >= sla, else max(0, Q - (Q
/// + penalty) * (sla - a) / sla) with the loss rounded down. D is the running sum of served over final hours:
///
///     earned = rate * (D(end) - D(start)),     refund = rate * (Q * hours - (D(end) - D(start)))
interface ILeaseMarket {
    /// @notice A lease as booked.
    /// @param clusterId The cluster.
    /// @param units Units leased.
    /// @param start First hour.
    /// @param end Hour after the last one.
    /// @param firstSeconds Seconds of the first hour that are covered, 1 to 3,600.
    /// @param rate Rent per full hour in 2^-32 stablecoin units; the first hour pays `rate * firstSeconds / 3600`,
    /// rounded down.
    /// @param refunded Stablecoin units already refunded.
    struct Lease {
        uint256 clusterId;
        uint256 units;
        uint256 start;
        uint256 end;
        uint256 firstSeconds;
        uint256 rate;
        uint256 refunded;
    }

    /// @notice What a lease would cost in this block.
    /// @param cost Stablecoin units.
    /// @param rate Rent per full hour, 2^-32 stablecoin units.
    /// @param firstSeconds Seconds of the first hour that would be covered.
    /// @param base The base price it rests on, 1e-18 stablecoin units per unit-hour.
    /// @param peak Most units booked in any of its hours.
    struct Quote {
        uint256 cost;
        uint256 rate;
        uint256 firstSeconds;
        uint256 base;
        uint256 peak;
    }

    /// @notice A cluster's books.
    /// @param cursor Hours before this one are accrued.
    /// @param booked Units booked in the last accrued hour.
    /// @param rate Sum of the rates of the leases in that hour, 2^-32 stablecoin units per hour.
    /// @param served D at the cursor: sum of served over accrued hours, Q per full hour.
    /// @param earned Ledger: earned and not yet collected for the split.
    /// @param remainder Ledger: remainders of opened leases, the operator's, not yet collected.
    /// @param base Base price as of `baseHour`, 1e-18 stablecoin units per unit-hour.
    /// @param baseHour Hours before this one are in the base.
    struct Books {
        uint256 cursor;
        uint256 booked;
        uint256 rate;
        uint256 served;
        uint256 earned;
        uint256 remainder;
        uint256 base;
        uint256 baseHour;
    }

    /// @notice A lease was opened and paid: `cost` moved from `tenant` into the market's claim.
    event LeaseOpened(
        uint256 indexed leaseId,
        uint256 indexed clusterId,
        address indexed tenant,
        uint256 units,
        uint256 start,
        uint256 end,
        uint256 firstSeconds,
        uint256 cost,
        uint256 rate
    );
    /// @notice Hours up to `cursor` are accrued; `served` is D there, `earned` what this step added to the earned
    /// ledger.
    event Accrued(uint256 indexed clusterId, uint256 cursor, uint256 served, uint256 earned);
    /// @notice The base price moved on to `hour`.
    event BaseUpdated(uint256 indexed clusterId, uint256 base, uint256 hour);
    /// @notice A refund of `amount` became a claim of `tenant`; hours up to `hour` are settled.
    event Settled(uint256 indexed leaseId, address indexed tenant, uint256 amount, uint256 hour);
    /// @notice Earned revenue and remainders left the market for the router, in stablecoin units.
    event Collected(uint256 indexed clusterId, uint256 earned, uint256 remainder);

    /// @notice A lease needs at least one unit.
    error LeaseMarket_NoUnits();
    /// @notice Bookings plus these units would exceed what is sellable in some hour of the lease.
    error LeaseMarket_SoldOut(uint256 peak, uint256 units, uint256 sellable);
    /// @notice The first hour is over.
    error LeaseMarket_StartInPast(uint256 start, uint256 currentHour);
    /// @notice The lease would end after the last hour that can be booked.
    error LeaseMarket_PastHorizon(uint256 start, uint256 hoursAsked, uint256 horizonEnd);
    /// @notice The number of hours is out of the cluster's bounds.
    error LeaseMarket_InvalidLength(uint256 hoursAsked, uint256 minHours, uint256 maxHours);
    /// @notice The lease costs more than the caller agreed to.
    error LeaseMarket_CostAboveMax(uint256 cost, uint256 maxCost);
    /// @notice New leases are stopped.
    error LeaseMarket_Paused();
    /// @notice There is no such lease.
    error LeaseMarket_UnknownLease(uint256 leaseId);
    /// @notice Leases are paid and moved without ether.
    error LeaseMarket_NoEther();
    /// @notice Only the revenue router collects.
    error LeaseMarket_NotRouter(address caller);

    /// @notice Hours that one call of `accrue` walks at most.
    function MAX_STEPS() external view returns (uint256);

    /// @notice The stablecoin in which rent is paid.
    function cash() external view returns (address);

    /// @notice What a lease would cost in this block, with the same checks as `lease` but for payment.
    function quote(uint256 clusterId, uint256 units, uint256 start, uint256 hoursAsked)
        external
        view
        returns (Quote memory);

    /// @notice Lease `units` units for the hours [start, start + hoursAsked).
    /// @dev Anyone may call; the caller pays, by allowance to the vault, and receives the ERC-721 (without a receiver
    /// callback).
    /// @param start First hour; the current hour or later.
    /// @param maxCost Most that the caller will pay, stablecoin units.
    /// @return leaseId Id of the lease, counting from 1.
    function lease(uint256 clusterId, uint256 units, uint256 start, uint256 hoursAsked, uint256 maxCost)
        external
        returns (uint256 leaseId);

    /// @notice Move a cluster's books over its final hours, `MAX_STEPS` at most; stops at the first booked hour that is
    /// not final.
    /// @dev Anyone may call. Stretches without bookings are jumped over in one step. Calling it again, or when no hour
    /// is final, moves nothing.
    /// @return cursor Hours before this one are accrued now.
    function accrue(uint256 clusterId) external returns (uint256 cursor);

    /// @notice Credit what is due for accrued hours that were not fully served to the lease's owner, as a claim in the
    /// vault.
    /// @dev Anyone may call. Accrues first. Stays possible while paused.
    /// @return refund Stablecoin units credited by this call, rounded down; the fraction stays owed.
    function settle(uint256 leaseId) external returns (uint256 refund);

    /// @notice Bring the base price up to the current hour.
    /// @dev Anyone may call; `lease` does it by itself. Elapsed hours can not be booked any more, so their demand can
    /// not be faked. The bounds apply at each update: between them the moment makes no difference but rounding; at one
    /// of them an update keeps what a later one would make up for, so an operator whose base rests on its floor updates
    /// when demand sets in. Paused hours count like any other.
    function updateBase(uint256 clusterId) external returns (uint256 base);

    /// @notice Accrue, and hand the whole units of earned revenue and of remainders to the router.
    /// @dev Only the router. The fractions stay in the ledgers.
    /// @return earned Stablecoin units to be split.
    /// @return remainder Stablecoin units that are the operator's alone.
    function collect(uint256 clusterId) external returns (uint256 earned, uint256 remainder);

    /// @notice A lease as booked.
    function leaseOf(uint256 leaseId) external view returns (Lease memory);

    /// @notice Refund ledger of a lease over its accrued hours: all that was ever due, paid or not.
    function refundLedgerOf(uint256 leaseId) external view returns (uint256 ledger);

    /// @notice A cluster's books.
    function booksOf(uint256 clusterId) external view returns (Books memory);

    /// @notice The base price a lease would rest on now, 1e-18 stablecoin units per unit-hour.
    function baseOf(uint256 clusterId) external view returns (uint256 base);

    /// @notice Units booked in an hour.
    function bookedAt(uint256 clusterId, uint256 hour) external view returns (uint256 units);

    /// @notice Most units booked in any hour of [from, to).
    function peakBooked(uint256 clusterId, uint256 from, uint256 to) external view returns (uint256 units);

    /// @notice Sum of the units booked over the hours [from, to).
    function sumBooked(uint256 clusterId, uint256 from, uint256 to) external view returns (uint256 unitHours);
}
