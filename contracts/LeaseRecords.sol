// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {LeaseState} from "./base/LeaseState.sol";
import {ICapacityRegistry} from "./interfaces/ICapacityRegistry.sol";
import {ILeaseRecords} from "./interfaces/ILeaseRecords.sol";
import {IMetricsOracle} from "./interfaces/IMetricsOracle.sol";
import {LeaseBook} from "./libraries/LeaseBook.sol";

/// @title LeaseRecords
/// @notice The use of leases, bond and default, and views; runs on the market's storage, by delegatecall from
/// LeaseChanges, whose trust and liveness it shares. Owners and approvals it asks the market itself. Called by itself
/// it has no leases, no claims and no say anywhere.
contract LeaseRecords is LeaseState, ILeaseRecords {
    using LeaseBook for LeaseBook.Book;
    using SafeCast for uint256;

    /// @inheritdoc ILeaseRecords
    uint256 public constant MAX_STEPS = _STEPS;
    /// @inheritdoc ILeaseRecords
    uint256 public constant MAX_PARTS = _PARTS;
    /// @inheritdoc ILeaseRecords
    uint256 public constant NOTICE = _NOTICE;
    /// No booking reaches further ahead.
    uint256 private constant HORIZON = 17_520;

    constructor(Around memory around) LeaseState(around) {}

    /// @inheritdoc ILeaseRecords
    function partsOf(uint256 leaseId) external view returns (Part[] memory parts) {
        _requireLease(leaseId);
        LeaseBook.Term[] memory terms = _parts(leaseId);
        parts = new Part[](terms.length);
        for (uint256 i; i < terms.length; ++i) {
            LeaseBook.Term memory term = terms[i];
            parts[i] = Part(term.start, term.end, term.firstSeconds, term.rate, term.flags & LeaseBook.CUT != 0);
        }
    }

    /// @inheritdoc ILeaseRecords
    function suspensionOf(uint256 leaseId) external view returns (uint256 from, bool isSuspended) {
        _requireLease(leaseId);
        Access memory access = _access[leaseId];
        return (access.due, access.isSuspended);
    }

    /// @inheritdoc ILeaseRecords
    function userOf(uint256 leaseId) external view returns (address user) {
        _requireLease(leaseId);
        Access memory access = _access[leaseId];
        LeaseBook.Term memory term = _terms[leaseId];
        bool isOver = block.timestamp >= _books[term.clusterId].stopOf(_lastPart(leaseId, term)) * HOUR;
        return isOver || access.isSuspended || block.timestamp > access.expires ? address(0) : access.user;
    }

    /// @inheritdoc ILeaseRecords
    function userExpires(uint256 leaseId) external view returns (uint256) {
        _requireLease(leaseId);
        return _access[leaseId].expires;
    }

    /// @inheritdoc ILeaseRecords
    function defaultOf(uint256 clusterId, uint256 era) external view returns (uint256 hour, uint256 compensation) {
        LeaseBook.Era storage ended = _books[clusterId].eras[era];
        return (ended.end, ended.compensation);
    }

    /// @inheritdoc ILeaseRecords
    function refundLedgerOf(uint256 leaseId) external view returns (uint256) {
        _requireLease(leaseId);
        return _refundLedger(leaseId);
    }

    /// @inheritdoc ILeaseRecords
    function bookedAt(uint256 clusterId, uint256 hour) external view returns (uint256 units) {
        unchecked {
            (units,) = _books[clusterId].load(hour, hour + 1); // nothing in the last hour of all
        }
    }

    /// @inheritdoc ILeaseRecords
    function peakBooked(uint256 clusterId, uint256 from, uint256 to) external view returns (uint256 units) {
        (units,) = _books[clusterId].load(from, to);
    }

    /// @inheritdoc ILeaseRecords
    function sumBooked(uint256 clusterId, uint256 from, uint256 to) external view returns (uint256 unitHours) {
        (, unitHours) = _books[clusterId].load(from, to);
    }

    /// @inheritdoc ILeaseRecords
    function coveredAt(uint256 clusterId, uint256 hour) external view returns (uint256 unitSeconds) {
        return _books[clusterId].coveredIn(hour);
    }

    /// @inheritdoc ILeaseRecords
    function baseOf(uint256 clusterId) external view returns (uint256 base) {
        return _currentBase(_books[clusterId], _registry.offerOf(clusterId));
    }

    /// @inheritdoc ILeaseRecords
    function setUser(uint256 leaseId, address user, uint64 expires) external {
        _requireLease(leaseId);
        Access storage access = _access[leaseId];
        if (msg.sender == access.user && block.timestamp <= access.expires) {
            if (expires > access.expires) revert LeaseMarket_UseTooLong(leaseId, expires, access.expires);
        } else {
            _requireTenant(leaseId);
            _requireUnused(leaseId, 0);
        }
        LeaseBook.Term memory first = _terms[leaseId];
        uint256 limit = _books[first.clusterId].stopOf(_lastPart(leaseId, first)) * HOUR;
        if (expires > limit) revert LeaseMarket_UseTooLong(leaseId, expires, limit);
        if (user == address(0)) expires = 0;
        access.user = user;
        access.expires = uint48(expires);
        emit UpdateUser(leaseId, user, expires);
    }

    /// @inheritdoc ILeaseRecords
    function noticeSuspension(uint256 leaseId, bytes32 evidence) external {
        Access storage access = _asOperator(leaseId);
        if (access.isSuspended) revert LeaseMarket_Suspended(leaseId);
        uint256 due = _registry.clock() + _NOTICE;
        access.due = uint40(due);
        emit SuspensionNoticed(leaseId, evidence, due);
    }

    /// @inheritdoc ILeaseRecords
    function suspend(uint256 leaseId) external {
        Access storage access = _asOperator(leaseId);
        if (access.isSuspended) revert LeaseMarket_Suspended(leaseId);
        uint256 clock = _registry.clock();
        if (access.due == 0 || clock < access.due) revert LeaseMarket_NotDue(leaseId, access.due, clock);
        access.isSuspended = true;
        emit Suspended(leaseId);
    }

    /// @inheritdoc ILeaseRecords
    function liftSuspension(uint256 leaseId) external {
        Access storage access = _asOperator(leaseId);
        if (access.due == 0) revert LeaseMarket_NotDue(leaseId, 0, _registry.clock());
        access.due = 0;
        access.isSuspended = false;
        emit SuspensionLifted(leaseId);
    }

    /// @inheritdoc ILeaseRecords
    function postBond(uint256 clusterId, uint256 amount) external {
        _genesis(clusterId);
        LeaseBook.Book storage book = _books[clusterId];
        book.bond = (amount * LEDGER_SCALE + book.bond).toUint104();
        emit BondPosted(clusterId, msg.sender, amount);
        _charge(address(this), amount);
    }

    /// @inheritdoc ILeaseRecords
    function withdrawBond(uint256 clusterId, uint256 amount) external {
        _genesis(clusterId);
        _requireOperator(clusterId);
        uint256 cursor = _accrue(clusterId);
        LeaseBook.Book storage book = _books[clusterId];
        (uint256 peak,) = book.load(cursor, block.timestamp / HOUR + HORIZON);
        uint256 needed = peak * _registry.serviceOf(clusterId).bond;
        uint256 bond = book.bond / LEDGER_SCALE;
        if (amount > bond || bond - amount < needed) revert LeaseMarket_BondInUse(clusterId, bond, needed);
        book.bond -= uint104(amount * LEDGER_SCALE);
        emit BondWithdrawn(clusterId, msg.sender, amount);
        _vault.move(cash, msg.sender, amount);
    }

    /// @inheritdoc ILeaseRecords
    function declareDefault(uint256 clusterId) external returns (uint256 hour) {
        _accrueAll(clusterId);
        LeaseBook.Book storage book = _inDefault(clusterId);
        hour = _workingHour(book, clusterId);
        if (hour != 0) revert LeaseMarket_WorksAgain(clusterId, hour);
        hour = block.timestamp / HOUR;
        ICapacityRegistry.Offer memory offer = _registry.offerOf(clusterId);
        _storeBase(book, clusterId, _currentBase(book, offer));
        (uint256 peak, uint256 unitHours) = book.load(hour, hour + HORIZON);
        uint256 compensation;
        if (peak != 0) {
            compensation = book.bond / peak;
            if (compensation > offer.bond * LEDGER_SCALE) compensation = offer.bond * LEDGER_SCALE;
            compensation /= offer.pricing.horizonHours;
        }
        uint256 reserved = compensation * unitHours;
        book.bond -= uint104(reserved);
        emit Defaulted(clusterId, book.era, hour, compensation, reserved);
        book.close(compensation);
    }

    /// @inheritdoc ILeaseRecords
    function updateBase(uint256 clusterId) external returns (uint256 base) {
        LeaseBook.Book storage book = _books[clusterId];
        base = _currentBase(book, _registry.offerOf(clusterId));
        _storeBase(book, clusterId, base);
    }

    /// @inheritdoc ILeaseRecords
    function recover(uint256 clusterId) external returns (uint256 hour) {
        _accrue(clusterId);
        LeaseBook.Book storage book = _inDefault(clusterId);
        hour = _lastWorkingHour(book, clusterId);
        if (hour == 0) revert LeaseMarket_StillDown(clusterId);
        book.meter.down = 0;
        emit Recovered(clusterId, hour);
    }

    /// The books of a cluster that can be in default.
    function _inDefault(uint256 clusterId) private view returns (LeaseBook.Book storage book) {
        book = _books[clusterId];
        uint256 down = _downOf(book);
        if (down < LeaseBook.DEFAULT_SECONDS) {
            revert LeaseMarket_NotInDefault(clusterId, down, LeaseBook.DEFAULT_SECONDS);
        }
    }

    /// The first of the last 72 hours whose record says that the cluster works, if it is not contested; 0 for none.
    /// Hours that nobody booked do not interrupt the count, and books can stand at a contested hour while later ones
    /// are known: that a cluster works again shows there. What works in a booked hour may be of no use to tenants.
    function _workingHour(LeaseBook.Book storage book, uint256 clusterId) private view returns (uint256 hour) {
        uint256 currentHour = block.timestamp / HOUR;
        for (hour = currentHour - LeaseBook.DEFAULT_SECONDS / HOUR; hour < currentHour; ++hour) {
            IMetricsOracle.Record memory record = _oracle.recordOf(clusterId, hour);
            if (record.working == 0 || record.isContested) continue;
            if (record.available != 0 || book.coveredIn(hour) == 0) return hour;
        }
        return 0;
    }

    /// The last hour whose final record says that the cluster works, as far back as 72 hours can lie that have only just
    /// become final; 0 for none, or if a booked hour after it is dark on final record, as all of those that count are.
    function _lastWorkingHour(LeaseBook.Book storage book, uint256 clusterId) private view returns (uint256 hour) {
        hour = block.timestamp / HOUR;
        uint256 first = hour - (LeaseBook.DEFAULT_SECONDS + _oracle.finality() + HOUR - 1) / HOUR;
        while (hour-- > first) {
            IMetricsOracle.Record memory record = _oracle.recordOf(clusterId, hour);
            if (!record.isFinal) continue;
            if (record.available != 0) return hour;
            if (book.coveredIn(hour) != 0) return 0;
            if (record.working != 0) return hour;
        }
        return 0;
    }

    /// Only for the operator of the lease's cluster.
    function _asOperator(uint256 leaseId) private view returns (Access storage) {
        _requireLease(leaseId);
        _requireOperator(_terms[leaseId].clusterId);
        return _access[leaseId];
    }

    function _requireOperator(uint256 clusterId) private view {
        if (msg.sender == _registry.operatorOf(clusterId)) return;
        revert ICapacityRegistry.CapacityRegistry_NotOperator(clusterId, msg.sender);
    }

    /// Only for whom a lease belongs to, or who is approved for it.
    function _requireTenant(uint256 leaseId) private view {
        IERC721 leases = IERC721(address(this));
        address owner = leases.ownerOf(leaseId);
        if (msg.sender == owner || leases.isApprovedForAll(owner, msg.sender)) return;
        if (msg.sender != leases.getApproved(leaseId)) revert LeaseMarket_NotTenant(leaseId, msg.sender);
    }

    /// A lease that there is has units.
    function _requireLease(uint256 leaseId) private view {
        if (_terms[leaseId].units == 0) revert LeaseMarket_UnknownLease(leaseId);
    }
}
