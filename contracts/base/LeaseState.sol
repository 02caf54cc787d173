// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ICapacityRegistry} from "../interfaces/ICapacityRegistry.sol";
import {ILeaseTypes} from "../interfaces/ILeaseTypes.sol";
import {IMetricsOracle} from "../interfaces/IMetricsOracle.sol";
import {IVault} from "../interfaces/IVault.sol";
import {LeaseBook} from "../libraries/LeaseBook.sol";
import {PriceCurve} from "../libraries/PriceCurve.sol";
import {CashDesk} from "./CashDesk.sol";

/// @title LeaseState: storage of the lease market, and what its contracts do with it.
/// @notice The market is too large for one contract. LeaseMarket passes calls that it does not know on to LeaseChanges,
/// and that to LeaseRecords, by delegatecall to addresses fixed at deployment: all of them run on the market's storage.
/// They inherit this contract and nothing else with storage in numbered slots, so they agree on where everything lies.
abstract contract LeaseState is ILeaseTypes, CashDesk {
    using LeaseBook for LeaseBook.Book;
    using SafeCast for uint256;

    /// Where a lease may be used: its ERC-4907 user, and the operator's notice or suspension; `due` is in seconds of
    /// the market clock.
    struct Access {
        address user;
        uint48 expires;
        uint40 due;
        bool isSuspended;
    }

    /// As many as one transaction can pay for, whatever the hours' marks are like.
    uint256 internal constant _STEPS = 240;
    uint256 internal constant _PARTS = 16;
    uint256 internal constant _NOTICE = 24 hours;
    uint256 internal constant Q = 1e6;
    uint256 internal constant HOUR = 3600;
    uint256 internal constant WAD = 1e18;
    uint256 internal constant RATE_SCALE = 2 ** 32;
    uint256 internal constant LEDGER_SCALE = RATE_SCALE * Q;

    ICapacityRegistry internal immutable _registry;
    IMetricsOracle internal immutable _oracle;
    address internal immutable _router;

    uint256 internal _leaseCount;
    mapping(uint256 clusterId => LeaseBook.Book) internal _books;
    /// The parts of a lease: the first under the lease's id, the others under `_partKey`.
    mapping(uint256 key => LeaseBook.Term) internal _terms;
    mapping(uint256 leaseId => Access) internal _access;
    /// Ledger that a split by units moved from the new lease to the old one.
    mapping(uint256 leaseId => int256) internal _shared;

    /// The contracts around the market.
    struct Around {
        ICapacityRegistry registry;
        IMetricsOracle oracle;
        IVault vault;
        address router;
        address cash;
    }

    constructor(Around memory around) CashDesk(around.vault, around.cash) {
        _registry = around.registry;
        _oracle = around.oracle;
        _router = around.router;
    }

    function _accrue(uint256 clusterId) internal returns (uint256 cursor) {
        LeaseBook.Book storage book = _books[clusterId];
        LeaseBook.Meter memory before = book.meter;
        // The first time counts as a move, so that the events tell of it.
        if (before.cursor == 0) book.meter.cursor = uint24(_genesis(clusterId));
        LeaseBook.Source memory source =
            LeaseBook.Source(clusterId, _oracle, _registry, _registry.serviceOf(clusterId));
        (LeaseBook.Meter memory meter, LeaseBook.Walked memory walked) = book.walk(source, _STEPS);
        if (meter.cursor == before.cursor && meter.phase == before.phase) return meter.cursor;
        book.meter = meter;
        if (walked.earned != 0) {
            LeaseBook.Earnings storage earnings = book.earnings;
            earnings.earned += walked.earned.toUint112();
            earnings.hoursCovered += uint24(walked.hoursCovered);
        }
        if (walked.compensated != 0) book.bond -= uint104(walked.compensated);
        emit Accrued(clusterId, meter.cursor, meter.lost, walked.earned, walked.compensated);
        return meter.cursor;
    }

    /// Books that can still move may stand before an outage, or in the midst of one that has long been over.
    function _accrueAll(uint256 clusterId) internal {
        uint256 cursor = _accrue(clusterId);
        if (_accrue(clusterId) != cursor) revert LeaseMarket_NotAccrued(clusterId, cursor);
    }

    function _refundLedger(uint256 leaseId) internal view returns (uint256 ledger) {
        LeaseBook.Term memory term = _terms[leaseId];
        LeaseBook.Book storage book = _books[term.clusterId];
        uint256 extensions = term.extensions;
        ledger = book.refundLedger(term);
        for (uint256 i = 1; i <= extensions; ++i) {
            ledger += book.refundLedger(_terms[_partKey(leaseId, i)]);
        }
        if (term.flags & LeaseBook.SHARED != 0) ledger = uint256(int256(ledger) + _shared[leaseId]);
    }

    function _lastPart(uint256 leaseId, LeaseBook.Term memory first) internal view returns (LeaseBook.Term memory) {
        return first.extensions == 0 ? first : _terms[_partKey(leaseId, first.extensions)];
    }

    /// The parts of a lease, in order.
    function _parts(uint256 leaseId) internal view returns (LeaseBook.Term[] memory parts) {
        LeaseBook.Term memory first = _terms[leaseId];
        parts = new LeaseBook.Term[](uint256(first.extensions) + 1);
        parts[0] = first;
        for (uint256 i = 1; i < parts.length; ++i) {
            parts[i] = _terms[_partKey(leaseId, i)];
        }
    }

    function _storeBase(LeaseBook.Book storage book, uint256 clusterId, uint256 base) internal {
        uint256 hour = block.timestamp / HOUR;
        if (book.baseHour == hour) return;
        book.base = uint104(base);
        book.baseHour = uint24(hour);
        emit BaseUpdated(clusterId, base, hour);
    }

    function _currentBase(LeaseBook.Book storage book, ICapacityRegistry.Offer memory offer)
        internal
        view
        returns (uint256 base)
    {
        uint256 from = book.baseHour;
        base = book.base;
        if (from == 0) (from, base) = (offer.genesis, offer.pricing.baseStart * WAD);
        uint256 currentHour = block.timestamp / HOUR;
        if (from == currentHour || offer.attested == 0) return base;
        uint256 covered = book.coveredSince(from, currentHour);
        return PriceCurve.nextBase(offer.pricing, base, offer.attested, currentHour - from, covered);
    }

    /// Seconds of an outage that count towards a default. While the meter is still in the era that ended, what it
    /// counts is no reason to end the next.
    function _downOf(LeaseBook.Book storage book) internal view returns (uint256) {
        return book.meter.phase == 2 * uint256(book.era) ? book.meter.down : 0;
    }

    function _genesis(uint256 clusterId) internal view returns (uint256 genesis) {
        genesis = _registry.genesisOf(clusterId);
        if (genesis == 0) revert ICapacityRegistry.CapacityRegistry_UnknownCluster(clusterId);
    }

    function _partKey(uint256 leaseId, uint256 part) internal pure returns (uint256) {
        return leaseId | part << 128;
    }

    /// What the owner does at `hour` must not take anything from a user; 0 for at once.
    function _requireUnused(uint256 leaseId, uint256 hour) internal view {
        Access memory access = _access[leaseId];
        if (access.user == address(0) || access.expires < block.timestamp) return;
        if (access.expires > hour * HOUR) revert LeaseMarket_InUse(leaseId, access.user, access.expires);
    }
}
