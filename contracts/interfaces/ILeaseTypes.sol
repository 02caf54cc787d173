// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title LeaseTypes: what the lease market speaks of: leases, quotes, books, events and errors.
/// @notice Units, rounding and formulas are in ILeaseMarket.
interface ILeaseTypes {
    /// @notice A lease.
    /// @param clusterId The cluster.
    /// @param units Units leased.
    /// @param start First hour.
    /// @param end Hour after the last one, as booked.
    /// @param stop Hour after the last one that is not void: `end`, or the hour of a default.
    /// @param firstSeconds Seconds of the first hour that are covered, 1 to 3,600.
    /// @param rate Rent of the first part per full hour in 2^-32 stablecoin units; the first hour pays `rate *
    /// firstSeconds / 3600`, rounded down.
    /// @param refunded Stablecoin units already refunded.
    /// @param parts How many parts it has: 1, and 1 for each extension.
    /// @param transfers How often it changed hands, modulo 2^16.
    struct Lease {
        uint256 clusterId;
        uint256 units;
        uint256 start;
        uint256 end;
        uint256 stop;
        uint256 firstSeconds;
        uint256 rate;
        uint256 refunded;
        uint256 parts;
        uint256 transfers;
    }

    /// @notice A part of a lease: hours [start, end) that were booked together.
    /// @param firstSeconds Seconds of its first hour that are covered; less than 3,600 in the first part only.
    /// @param rate Rent per full hour in 2^-32 stablecoin units.
    /// @param isCut Whether it was split in time or partly cancelled.
    struct Part {
        uint256 start;
        uint256 end;
        uint256 firstSeconds;
        uint256 rate;
        bool isCut;
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
    /// @param lost L at the cursor: sum of the losses of accrued hours, Q for an hour's whole rent.
    /// @param down Seconds of booked hours in which nothing was available, in a row up to the cursor; it stops growing
    /// when it suffices for a default.
    /// @param earned Ledger: earned and not yet collected for the split.
    /// @param remainder Ledger: remainders of opened leases, the operator's, not yet collected.
    /// @param bond Ledger: the operator's bond.
    /// @param base Base price as of `baseHour`, 1e-18 stablecoin units per unit-hour.
    /// @param baseHour Hours before this one are in the base.
    /// @param era How many defaults there were.
    struct Books {
        uint256 cursor;
        uint256 booked;
        uint256 rate;
        uint256 lost;
        uint256 down;
        uint256 earned;
        uint256 remainder;
        uint256 bond;
        uint256 base;
        uint256 baseHour;
        uint256 era;
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
    /// @notice A lease became longer by [start, end) and `cost` moved from `payer` into the market's claim; `rate` is
    /// that of the new part.
    event LeaseExtended(
        uint256 indexed leaseId, address indexed payer, uint256 start, uint256 end, uint256 cost, uint256 rate
    );
    /// @notice The hours [from, end) of a lease were sold back: `refund` became a claim of `tenant`, and `earned` was
    /// added to the earned ledger. With nothing left the lease is burnt.
    event LeaseCancelled(
        uint256 indexed leaseId, address indexed tenant, uint256 from, uint256 end, uint256 refund, uint256 earned
    );
    /// @notice `units` of a lease became a lease of their own, and with them `refunded` of what was refunded. The
    /// fraction of a stablecoin unit that the new lease is due stays with the old one.
    event UnitsSplit(uint256 indexed leaseId, uint256 indexed newLeaseId, uint256 units, uint256 refunded);
    /// @notice The hours of a lease from `hour` on became a lease of their own.
    event HoursSplit(uint256 indexed leaseId, uint256 indexed newLeaseId, uint256 hour);
    /// @notice `amount` was added to a cluster's bond.
    event BondPosted(uint256 indexed clusterId, address indexed payer, uint256 amount);
    /// @notice `amount` of a cluster's bond became a claim of its operator.
    event BondWithdrawn(uint256 indexed clusterId, address indexed operator, uint256 amount);
    /// @notice What is booked from `hour` on in `era` is void; `compensation` is the ledger due for each unit-hour of
    /// it, `reserved` the ledger that the bond gave for all of them.
    event Defaulted(uint256 indexed clusterId, uint256 era, uint256 hour, uint256 compensation, uint256 reserved);
    /// @notice A cluster works again, by the final record of `hour`; the seconds that count towards a default are zero.
    event Recovered(uint256 indexed clusterId, uint256 hour);
    /// @notice The operator announced that it may suspend the use of a lease, from `from` on the market clock.
    event SuspensionNoticed(uint256 indexed leaseId, bytes32 evidence, uint256 from);
    /// @notice The use of a lease is suspended.
    event Suspended(uint256 indexed leaseId);
    /// @notice A notice or a suspension was taken back.
    event SuspensionLifted(uint256 indexed leaseId);
    /// @notice ERC-4907: a lease has another user, or the same one until another time.
    event UpdateUser(uint256 indexed tokenId, address indexed user, uint64 expires);
    /// @notice ERC-4906: what a wallet shows of a lease changed.
    event MetadataUpdate(uint256 _tokenId);
    /// @notice Hours up to `cursor` are accrued; `lost` is L there, `earned` what this step added to the earned ledger,
    /// `compensated` what it took from the bond's.
    event Accrued(uint256 indexed clusterId, uint256 cursor, uint256 lost, uint256 earned, uint256 compensated);
    /// @notice The base price moved on to `hour`.
    event BaseUpdated(uint256 indexed clusterId, uint256 base, uint256 hour);
    /// @notice A refund of `amount` became a claim of `tenant`; hours up to `hour` are settled.
    event Settled(uint256 indexed leaseId, address indexed tenant, uint256 amount, uint256 hour);

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
    /// @notice The bond does not stand behind so many units: `peak` are booked, `bonded` are covered.
    error LeaseMarket_Unbonded(uint256 peak, uint256 units, uint256 bonded);
    /// @notice Only the lease's owner, or whom it approved, may do this.
    error LeaseMarket_NotTenant(uint256 leaseId, address caller);
    /// @notice The lease is over, or void, since this hour.
    error LeaseMarket_Over(uint256 leaseId, uint256 stop);
    /// @notice A lease has at most `limit` parts.
    error LeaseMarket_TooManyParts(uint256 leaseId, uint256 limit);
    /// @notice The hour must lie in [first, last].
    error LeaseMarket_HourOutOfRange(uint256 hour, uint256 first, uint256 last);
    /// @notice Between 1 and `limit` units can be split off.
    error LeaseMarket_InvalidUnits(uint256 units, uint256 limit);
    /// @notice The part of the lease that begins at `start` was cut, and holds a discount meant for more hours.
    error LeaseMarket_Cut(uint256 leaseId, uint256 start);
    /// @notice Cancelling gives less than the caller asked for.
    error LeaseMarket_RefundBelowMin(uint256 refund, uint256 minRefund);
    /// @notice The lease has a user until `expires`.
    error LeaseMarket_InUse(uint256 leaseId, address user, uint256 expires);
    /// @notice A user can not stay longer than the lease.
    error LeaseMarket_UseTooLong(uint256 leaseId, uint256 expires, uint256 limit);
    /// @notice The use of the lease is suspended, or about to be.
    error LeaseMarket_Suspended(uint256 leaseId);
    /// @notice There is no notice for this lease, or it is not due before `from` on the market clock; 0 for none.
    error LeaseMarket_NotDue(uint256 leaseId, uint256 from, uint256 clock);
    /// @notice The books stand at `cursor`, but later hours are final too, more than one call walks: accrue first.
    error LeaseMarket_NotAccrued(uint256 clusterId, uint256 cursor);
    /// @notice Only `down` of the `needed` seconds without anything available have passed on record.
    error LeaseMarket_NotInDefault(uint256 clusterId, uint256 down, uint256 needed);
    /// @notice The record of `hour`, one of the last 72, says that something was available, or worked while nobody had
    /// booked: there is no default.
    error LeaseMarket_WorksAgain(uint256 clusterId, uint256 hour);
    /// @notice No final record says that anything works since the last booked hour in which nothing was available.
    error LeaseMarket_StillDown(uint256 clusterId);
    /// @notice Nothing was available for 72 booked hours in a row: until that is a default, or `recover` notes that the
    /// cluster works again, nobody books for a share in its bond.
    error LeaseMarket_InDefault(uint256 clusterId);
    /// @notice The bond must stay at `needed` stablecoin units for what is booked.
    error LeaseMarket_BondInUse(uint256 clusterId, uint256 bond, uint256 needed);
    /// @notice There is no such lease.
    error LeaseMarket_UnknownLease(uint256 leaseId);
    /// @notice Only the revenue router collects.
    error LeaseMarket_NotRouter(address caller);
}
