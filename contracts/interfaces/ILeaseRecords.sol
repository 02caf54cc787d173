// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ILeaseTypes} from "./ILeaseTypes.sol";

/// @title LeaseRecords: the use of leases, the bond and default, and what can be looked up.
/// @notice Part of the lease market, to be called on LeaseMarket; formulas are in ILeaseMarket.
interface ILeaseRecords is ILeaseTypes {
    /// @notice Parts that a lease has at most.
    function MAX_PARTS() external view returns (uint256);

    /// @notice Hours that one call of `accrue` walks at most.
    function MAX_STEPS() external view returns (uint256);

    /// @notice Seconds of the market clock between the notice of a suspension and the suspension.
    function NOTICE() external view returns (uint256);

    /// @notice The parts of a lease, in order.
    function partsOf(uint256 leaseId) external view returns (Part[] memory);

    /// @notice The notice or suspension of a lease.
    /// @return from When the suspension may begin, on the market clock; 0 without a notice.
    /// @return isSuspended Whether it has begun.
    function suspensionOf(uint256 leaseId) external view returns (uint256 from, bool isSuspended);

    /// @notice ERC-4907: who may use the leased units now; zero for nobody, when expired or suspended, or when the
    /// lease is over.
    function userOf(uint256 leaseId) external view returns (address user);

    /// @notice ERC-4907: the unix time until which the user was named.
    function userExpires(uint256 leaseId) external view returns (uint256 expires);

    /// @notice The default that ended an era.
    /// @return hour From this hour on, bookings of the era are void; 0 for the present era.
    /// @return compensation Ledger due for each void unit-hour.
    function defaultOf(uint256 clusterId, uint256 era) external view returns (uint256 hour, uint256 compensation);

    /// @notice Refund ledger of a lease over its accrued and void hours: all that was ever due, paid or not.
    function refundLedgerOf(uint256 leaseId) external view returns (uint256 ledger);

    /// @notice Units booked in an hour, as at its end; void bookings do not count.
    function bookedAt(uint256 clusterId, uint256 hour) external view returns (uint256 units);

    /// @notice Most units booked in any hour of [from, to).
    function peakBooked(uint256 clusterId, uint256 from, uint256 to) external view returns (uint256 units);

    /// @notice Sum of the units booked over the hours [from, to), each as at its end.
    function sumBooked(uint256 clusterId, uint256 from, uint256 to) external view returns (uint256 unitHours);

    /// @notice Unit-seconds booked in an hour; void bookings do not count. It is less than 3,600 times the units booked
    /// where some were booked in the course of the hour.
    function coveredAt(uint256 clusterId, uint256 hour) external view returns (uint256 unitSeconds);

    /// @notice The base price a lease would rest on now, 1e-18 stablecoin units per unit-hour.
    function baseOf(uint256 clusterId) external view returns (uint256 base);

    /// @notice Bring the base price up to the current hour.
    /// @dev Anyone may call; `lease` does it by itself. Elapsed hours can not be booked any more, and units that were
    /// booked in the course of an hour count for the seconds that were left of it, so nobody can fake demand without
    /// paying for it. The bounds apply at each update: between them the moment makes no difference but rounding; at one
    /// of them an update keeps what a later one would make up for, so an operator whose base rests on its floor updates
    /// when demand sets in. Paused hours count like any other.
    function updateBase(uint256 clusterId) external returns (uint256 base);

    /// @notice Name who may use the leased units, until `expires`.
    /// @dev ERC-4907. The owner or whom it approved, unless there is a user; the user itself at any time, so that it
    /// can give up its use, or pass it on for the same time or less.
    /// @param user The user; the zero address for nobody, whose time is 0.
    /// @param expires Unix time, inclusive; at most the end of the lease. The user is gone afterwards.
    function setUser(uint256 leaseId, address user, uint64 expires) external;

    /// @notice Announce that the use of a lease may be suspended.
    /// @dev Only the cluster's operator. Repeated, it starts the time anew.
    /// @param evidence Hash of what the tenant is told about the misuse.
    function noticeSuspension(uint256 leaseId, bytes32 evidence) external;

    /// @notice Suspend the use of a lease, `NOTICE` seconds of the market clock after the notice or later.
    /// @dev Only the cluster's operator. Money is not touched: rent, refunds, earnings and the right to cancel stay.
    function suspend(uint256 leaseId) external;

    /// @notice Take a notice or a suspension back.
    /// @dev Only the cluster's operator.
    function liftSuspension(uint256 leaseId) external;

    /// @notice Add `amount` stablecoin units to a cluster's bond; the caller pays.
    /// @dev Anyone may call; only the operator can withdraw.
    function postBond(uint256 clusterId, uint256 amount) external;

    /// @notice Withdraw `amount` stablecoin units of a cluster's bond, as a claim of its operator in the vault.
    /// @dev Only the operator. Accrues first. What is booked in any hour that is not accrued yet keeps its bond.
    function withdrawBond(uint256 clusterId, uint256 amount) external;

    /// @notice Declare the default of a cluster in which nothing was available for 72 booked hours in a row, and in
    /// none of the last 72 hours that are reported and not contested either; where nobody booked, nothing worked.
    /// @dev Anyone may call. Accrues first; where one call does not come to the last final hour, others must have.
    /// @return hour The current hour: from it on all bookings are void.
    function declareDefault(uint256 clusterId) external returns (uint256 hour);

    /// @notice Note that a cluster works again in which nothing was available for 72 booked hours in a row: the count
    /// of them begins anew, and where the terms ask for a bond, bookings are open again.
    /// @dev Anyone may call. Accrues first. Needs a final record that says so, of an hour no further back than 72 hours
    /// and what it takes to be final, and no final record of a later booked hour in which nothing was available.
    /// @return hour The last such hour.
    function recover(uint256 clusterId) external returns (uint256 hour);
}
