// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IMetricsOracle} from "./IMetricsOracle.sol";

/// @title Contests: tenants contest what was reported of their hours, against a deposit.
/// @notice While an hour's record is not final, the owner of a lease that is live in that hour can contest it. From
/// then on the hour moves nothing until it is decided: by a recount, which is a fresh report of that hour by all
/// reporters but one, or, where none comes for as long as silence takes (`IMetricsOracle.SILENCE`), by anyone who
/// closes it as zero. A recount, and a closing, is final at once, so an hour is contested once.
/// @dev The deposit comes back where the recount finds clearly less available than was reported, and where no recount
/// came. Else it is the reporters', for their work: the judges gain by a rejection, but it takes all of them but one,
/// and fewer could have reported anything in the first place.
interface IContests {
    /// @notice How a contest ended.
    enum Verdict {
        Upheld, // the recount finds less available than was reported, by more than the tolerance
        Rejected, // it does not
        Undecided // no recount came; the hour counts as zero
    }

    /// @notice A contest in progress.
    /// @param tenant Who contested, and gets the deposit back.
    /// @param closableAt Market clock from which the hour can be closed as zero.
    /// @param deposit Stablecoin units.
    /// @param available What had been reported, thousandths of a unit.
    struct Contest {
        address tenant;
        uint64 closableAt;
        uint64 deposit;
        uint64 available;
    }

    /// @notice An hour was contested.
    event Contested(
        uint256 indexed clusterId,
        uint256 indexed hour,
        uint256 indexed leaseId,
        address tenant,
        uint256 deposit,
        uint256 available,
        uint256 closableAt
    );
    /// @notice A contest ended. The hour's record is `IMetricsOracle.Decided`'s, in the same transaction.
    /// @param available What had been reported, thousandths of a unit.
    /// @param evidence Merkle root of the measurements behind the recount; zero when undecided.
    /// @param signers Bit i is set when signer i signed the recount; zero when undecided.
    event Ended(
        uint256 indexed clusterId,
        uint256 indexed hour,
        Verdict verdict,
        address tenant,
        uint256 deposit,
        uint256 available,
        bytes32 evidence,
        uint256 signers
    );

    /// @notice Only the owner of the lease may contest its hours.
    error Contests_NotTenant(uint256 leaseId, address caller);
    /// @notice The lease is not live in that hour: it covers the hours from `start` to before `stop`.
    error Contests_HourNotLeased(uint256 leaseId, uint256 hour, uint256 start, uint256 stop);
    /// @notice The hour is not contested.
    error Contests_NotContested(uint256 clusterId, uint256 hour);
    /// @notice A recount can still come; both times are on the market clock.
    error Contests_NotSilent(uint256 clusterId, uint256 hour, uint256 closableAt, uint256 clock);
    /// @notice The deposit given at deployment is zero, or above 1e12 stablecoin units.
    error Contests_InvalidDeposit(uint256 deposit);

    /// @notice What contesting an hour takes, stablecoin units.
    function deposit() external view returns (uint256);

    /// @notice Millionths of the reported `available` by which a recount must lie below it for the contest to be
    /// upheld.
    function TOLERANCE() external view returns (uint256);

    /// @notice Contest the record of one hour.
    /// @dev Only the owner of a lease that is live in that hour; only while the record is not final, and once. Charges
    /// the deposit: out of the caller's claim in the vault as far as that goes, the rest by allowance to the vault.
    function contest(uint256 leaseId, uint256 hour) external;

    /// @notice Decide a contest by a recount.
    /// @dev Anyone may call: the signatures are the only authority. Signatures as for `IMetricsOracle.report`, but of
    /// all reporters but one, and over `recountDigest`. Reverts where the hour is not contested or the sample
    /// contradicts itself. The recount is the record, whatever the verdict.
    function recount(uint256 sample, bytes32 evidence, IMetricsOracle.Signature[] calldata signatures)
        external
        returns (Verdict verdict);

    /// @notice Close a contested hour as zero, when no recount has come for `IMetricsOracle.SILENCE`.
    /// @dev Anyone may call. The deposit goes back.
    function close(uint256 clusterId, uint256 hour) external;

    /// @notice The contest of an hour; all zero when it is not contested.
    function contestOf(uint256 clusterId, uint256 hour) external view returns (Contest memory);

    /// @notice The EIP-712 digest of `Recount(uint256 sample,bytes32 evidence)` in this contract's domain.
    function recountDigest(uint256 sample, bytes32 evidence) external view returns (bytes32);
}
