// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {CashDesk} from "./base/CashDesk.sol";
import {ICapacityRegistry} from "./interfaces/ICapacityRegistry.sol";
import {IContests} from "./interfaces/IContests.sol";
import {ILeaseMarket} from "./interfaces/ILeaseMarket.sol";
import {IMetricsOracle} from "./interfaces/IMetricsOracle.sol";
import {IVault} from "./interfaces/IVault.sol";
import {Samples} from "./libraries/Samples.sol";

/// @title Contests
/// @notice Trust: all reporters but one can decide a contest as they like. Two that stay silent for seven days leave a
/// contested hour unpaid: no proof, no pay; a guardian can remove them before that. A tenant can delay an hour, and
/// with it every later hour of its cluster, until the recount, for the price of the deposit. Liveness: needs all
/// reporters but one, or seven days on the market clock and any caller.
contract Contests is IContests, CashDesk, EIP712 {
    using Samples for uint256;

    /// @inheritdoc IContests
    uint256 public constant TOLERANCE = 5_000;
    uint256 private constant Q = 1e6;
    bytes32 private constant RECOUNT_TYPEHASH = keccak256("Recount(uint256 sample,bytes32 evidence)");

    /// @inheritdoc IContests
    uint256 public immutable deposit;
    ICapacityRegistry private immutable _registry;
    IMetricsOracle private immutable _oracle;
    ILeaseMarket private immutable _market;

    mapping(uint256 clusterId => mapping(uint256 hour => Contest)) private _contests;

    constructor(
        ICapacityRegistry registry,
        IMetricsOracle oracle,
        ILeaseMarket market,
        IVault vault,
        address cash_,
        uint256 deposit_
    ) CashDesk(vault, cash_) EIP712("Wellhead Contests", "1") {
        if (deposit_ == 0 || deposit_ > 1e12) revert Contests_InvalidDeposit(deposit_);
        _registry = registry;
        _oracle = oracle;
        _market = market;
        deposit = deposit_;
    }

    /// @inheritdoc IContests
    function contest(uint256 leaseId, uint256 hour) external {
        if (IERC721(address(_market)).ownerOf(leaseId) != msg.sender) revert Contests_NotTenant(leaseId, msg.sender);
        ILeaseMarket.Lease memory lease = _market.leaseOf(leaseId);
        if (hour < lease.start || hour >= lease.stop) {
            revert Contests_HourNotLeased(leaseId, hour, lease.start, lease.stop);
        }
        uint256 available = _oracle.hold(lease.clusterId, hour);
        uint256 closableAt = _registry.clock() + _oracle.SILENCE();
        _contests[lease.clusterId][hour] =
            Contest(msg.sender, uint64(closableAt), uint64(deposit), uint64(available));
        emit Contested(lease.clusterId, hour, leaseId, msg.sender, deposit, available, closableAt);
        _charge(address(this), deposit);
    }

    /// @inheritdoc IContests
    function recount(uint256 sample, bytes32 evidence, IMetricsOracle.Signature[] calldata signatures)
        external
        returns (Verdict verdict)
    {
        uint256 signers = _oracle.requireSupermajority(recountDigest(sample, evidence), signatures);
        Contest memory contested = _take(sample.cluster(), sample.hour());
        verdict = sample.available() * Q < uint256(contested.available) * (Q - TOLERANCE)
            ? Verdict.Upheld
            : Verdict.Rejected;
        _end(sample, contested, verdict, evidence, signers);
    }

    /// @inheritdoc IContests
    function close(uint256 clusterId, uint256 hour) external {
        Contest memory contested = _take(clusterId, hour);
        uint256 clock = _registry.clock();
        if (clock < contested.closableAt) {
            revert Contests_NotSilent(clusterId, hour, contested.closableAt, clock);
        }
        _end(Samples.zeroSample(clusterId, hour), contested, Verdict.Undecided, 0, 0);
    }

    /// @inheritdoc IContests
    function contestOf(uint256 clusterId, uint256 hour) external view returns (Contest memory) {
        return _contests[clusterId][hour];
    }

    /// @inheritdoc IContests
    function recountDigest(uint256 sample, bytes32 evidence) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(RECOUNT_TYPEHASH, sample, evidence)));
    }

    function _take(uint256 clusterId, uint256 hour) private returns (Contest memory contested) {
        contested = _contests[clusterId][hour];
        if (contested.tenant == address(0)) revert Contests_NotContested(clusterId, hour);
        delete _contests[clusterId][hour];
    }

    /// Record the sample, and give the deposit to whom the verdict leaves it.
    function _end(
        uint256 sample,
        Contest memory contested,
        Verdict verdict,
        bytes32 evidence,
        uint256 signers
    ) private {
        // After two years the ring may hold another hour there; the deposit is still somebody's.
        if (verdict != Verdict.Undecided || _oracle.recordOf(sample.cluster(), sample.hour()).isContested) {
            _oracle.decide(sample);
        }
        emit Ended(
            sample.cluster(),
            sample.hour(),
            verdict,
            contested.tenant,
            contested.deposit,
            contested.available,
            evidence,
            signers
        );
        address to = verdict == Verdict.Rejected ? address(_oracle) : contested.tenant;
        _vault.move(cash, to, contested.deposit);
    }
}
