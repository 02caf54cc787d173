// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ICapacityRegistry} from "./interfaces/ICapacityRegistry.sol";
import {ICapacityToken} from "./interfaces/ICapacityToken.sol";
import {ILeaseMarket} from "./interfaces/ILeaseMarket.sol";
import {IRevenueRouter} from "./interfaces/IRevenueRouter.sol";
import {IVault} from "./interfaces/IVault.sol";
import {IUniswapV3Pool, IUniswapV3SwapCallback} from "./interfaces/external/IUniswapV3Pool.sol";
import {SweepPrice} from "./libraries/SweepPrice.sol";

/// @title RevenueRouter
/// @notice Trust: the split is fixed in each cluster's terms. The governor chooses where bitcoin is bought, and can
/// spoil by that what waits to be swept, nothing else. A sweep trusts the feed to be within `slippage` of the truth,
/// and one stablecoin to be worth one unit of the feed's currency. Liveness: `distribute` and `release` need any
/// caller; a sweep needs a fresh price and a pool that has bitcoin at it, else the money waits.
contract RevenueRouter is IRevenueRouter, AccessManaged, ReentrancyGuardTransient {
    using Math for uint256;
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    /// What does not change, in one slot.
    struct Payees {
        address token;
        uint32 operator;
        uint32 reporters;
        uint32 bitcoin;
    }

    /// One slot: revenue split and remainders so far; what waits to be swept, what of it is a backlog, and since which
    /// hour the rest waits; and the last hour in which something came at once.
    struct Routed {
        uint64 total;
        uint64 bitcoinPending;
        uint64 bitcoinBacklog;
        uint16 remainders;
        uint24 pendingSince;
        uint24 distributedAt;
    }

    /// What became claims of the operator's and the reporters'.
    struct Paid {
        uint128 operator;
        uint128 reporters;
    }

    uint256 private constant Q = 1e6;
    uint256 private constant HOUR = 3600;
    uint256 private constant DAY_HOURS = 24;
    uint256 private constant MAX_SLIPPAGE = 100_000;
    uint256 private constant MAX_TIP = 10_000;

    ICapacityRegistry private immutable _registry;
    ILeaseMarket private immutable _market;
    IVault private immutable _vault;
    address private immutable _oracle;
    address private immutable _cash;
    address private immutable _reserve;

    mapping(uint256 clusterId => Payees) private _payees;
    mapping(uint256 clusterId => Routed) private _routed;
    mapping(uint256 clusterId => Paid) private _paid;
    Venue private _venue;
    /// What the pool may still ask for in the sweep that is under way.
    uint256 private transient _due;

    constructor(
        address authority,
        ICapacityRegistry registry,
        ILeaseMarket market,
        IVault vault,
        address oracle,
        address cash,
        address reserve,
        Venue memory venue_
    ) AccessManaged(authority) {
        _registry = registry;
        _market = market;
        _vault = vault;
        _oracle = oracle;
        _cash = cash;
        _reserve = reserve;
        IERC20(reserve).forceApprove(address(vault), type(uint256).max);
        if (venue_.pool != address(0)) _setVenue(venue_);
    }

    /// @inheritdoc IRevenueRouter
    function distribute(uint256 clusterId) external returns (uint256 distributed) {
        return _distribute(clusterId);
    }

    /// @inheritdoc IRevenueRouter
    function accrueAndDistribute(uint256 clusterId) external returns (uint256 distributed) {
        _market.accrue(clusterId);
        return _distribute(clusterId);
    }

    /// @inheritdoc IRevenueRouter
    function topUp(uint256 clusterId, address operator, uint256 units) external {
        if (msg.sender != address(_registry)) revert RevenueRouter_NotRegistry(msg.sender);
        (uint256 pending, uint256 cash, uint256 reserve) = topUpOf(clusterId, units);
        if (pending + cash + reserve == 0) return;
        emit ToppedUp(clusterId, operator, pending, cash, reserve);
        (, address token,) = _registry.payeesOf(clusterId);
        if (pending != 0) {
            Routed memory routed = _routed[clusterId];
            // It counts as what waits already: in part as a backlog, in part as old as the rest.
            uint256 late = (pending * routed.bitcoinBacklog).ceilDiv(routed.bitcoinPending);
            routed.bitcoinPending = (pending + routed.bitcoinPending).toUint64();
            routed.bitcoinBacklog += uint64(late);
            _store(_routed[clusterId], routed);
            _vault.charge(_cash, operator, address(this), pending);
        }
        if (cash != 0) _vault.charge(_cash, operator, token, cash);
        if (reserve != 0) _vault.charge(_reserve, operator, token, reserve);
        if (cash + reserve != 0) ICapacityToken(token).topUp(cash, reserve);
    }

    /// @inheritdoc IRevenueRouter
    function release(uint256 clusterId) external returns (uint256 operatorAmount, uint256 reporterAmount) {
        (operatorAmount, reporterAmount) = releasableOf(clusterId);
        if (operatorAmount + reporterAmount == 0) return (0, 0);
        Paid storage paid = _paid[clusterId];
        paid.operator += uint128(operatorAmount);
        paid.reporters += uint128(reporterAmount);
        address operator = _registry.operatorOf(clusterId);
        emit Released(clusterId, operator, operatorAmount, reporterAmount);
        if (operatorAmount != 0) _vault.move(_cash, operator, operatorAmount);
        if (reporterAmount != 0) _vault.move(_cash, _oracle, reporterAmount);
    }

    /// @inheritdoc IRevenueRouter
    function sweep(uint256 clusterId, uint256 maxAmount)
        external
        nonReentrant
        returns (uint256 spent, uint256 received)
    {
        Venue memory at = _venue;
        if (at.pool == address(0)) revert RevenueRouter_NoVenue();
        Routed storage routed = _routed[clusterId];
        uint256 pending = routed.bitcoinPending;
        if (maxAmount > pending) maxAmount = pending;
        if (maxAmount == 0) revert RevenueRouter_NothingToSweep(clusterId);

        (spent, received) = _buy(at, maxAmount);
        // What was distributed during the swap counts too.
        uint256 late = (spent * routed.bitcoinBacklog).ceilDiv(routed.bitcoinPending);
        routed.bitcoinPending -= uint64(spent);
        routed.bitcoinBacklog -= uint64(late);
        uint256 tip = received * at.tip / Q;
        uint256 waited = block.timestamp / HOUR - routed.pendingSince;
        emit Swept(clusterId, msg.sender, spent, received, tip);
        uint256 amount = received - tip;
        uint256 backlog = late == 0 ? 0 : (amount * late).ceilDiv(spent);
        if (waited > DAY_HOURS) backlog = amount - (amount - backlog) * DAY_HOURS / waited;
        address token = _payees[clusterId].token;
        _vault.deposit(_reserve, address(this), received);
        _vault.move(_reserve, token, amount);
        if (tip != 0) _vault.move(_reserve, msg.sender, tip);
        ICapacityToken(token).addReserve(amount, backlog);
    }

    /// @inheritdoc IRevenueRouter
    function payIn(uint256 clusterId, uint256 amount) external {
        (, address token,) = _registry.payeesOf(clusterId);
        emit PaidIn(clusterId, msg.sender, amount);
        _vault.charge(_reserve, msg.sender, token, amount);
        ICapacityToken(token).addReserve(amount, amount);
    }

    /// @inheritdoc IUniswapV3SwapCallback
    function uniswapV3SwapCallback(int256 amount0Delta, int256 amount1Delta, bytes calldata) external {
        uint256 due = _due;
        if (msg.sender != _venue.pool || due == 0) revert RevenueRouter_NotPool(msg.sender);
        int256 asked = _cash < _reserve ? amount0Delta : amount1Delta;
        if (asked < 0 || uint256(asked) > due) revert RevenueRouter_Overcharged(asked, due);
        _due = due - uint256(asked);
        _vault.withdraw(_cash, msg.sender, uint256(asked));
    }

    /// @inheritdoc IRevenueRouter
    function setVenue(Venue calldata venue_) external restricted {
        _setVenue(venue_);
    }

    /// @inheritdoc IRevenueRouter
    function venue() external view returns (Venue memory) {
        return _venue;
    }

    /// @inheritdoc IRevenueRouter
    function totalOf(uint256 clusterId) external view returns (uint256) {
        return _routed[clusterId].total;
    }

    /// @inheritdoc IRevenueRouter
    function carriedOf(uint256 clusterId) external view returns (uint256) {
        (,, ICapacityRegistry.Split memory split) = _registry.payeesOf(clusterId);
        uint256 total = _routed[clusterId].total;
        uint256 cash = Q - split.operator - split.reporters - split.bitcoin;
        return total - _part(total, split.operator) - _part(total, split.reporters) - _part(total, split.bitcoin)
            - _part(total, cash);
    }

    /// @inheritdoc IRevenueRouter
    function releasableOf(uint256 clusterId) public view returns (uint256 operatorAmount, uint256 reporterAmount) {
        Routed memory routed = _routed[clusterId];
        Paid memory paid = _paid[clusterId];
        Payees memory payees = _payees[clusterId];
        operatorAmount = _part(routed.total, payees.operator) + routed.remainders - paid.operator;
        reporterAmount = _part(routed.total, payees.reporters) - paid.reporters;
    }

    /// @inheritdoc IRevenueRouter
    function bitcoinPendingOf(uint256 clusterId) external view returns (uint256) {
        return _routed[clusterId].bitcoinPending;
    }

    /// @inheritdoc IRevenueRouter
    function distributedAtOf(uint256 clusterId) external view returns (uint256) {
        return _routed[clusterId].distributedAt;
    }

    /// @inheritdoc IRevenueRouter
    function topUpOf(uint256 clusterId, uint256 units)
        public
        view
        returns (uint256 pending, uint256 cash, uint256 reserve)
    {
        uint256 attested = _registry.offerOf(clusterId).attested;
        if (attested == 0) return (0, 0, 0); // nobody's part would become smaller
        (, address token,) = _registry.payeesOf(clusterId);
        pending = (uint256(_routed[clusterId].bitcoinPending) * units).ceilDiv(attested);
        cash = _partOf(ICapacityToken(token).cashRevenue(), units, attested);
        reserve = _partOf(ICapacityToken(token).reserveRevenue(), units, attested);
    }

    function _distribute(uint256 clusterId) private returns (uint256 distributed) {
        (uint256 earned, uint256 remainder, uint256 hoursCovered, uint256 cancelled) = _market.collect(clusterId);
        distributed = earned + remainder;
        if (distributed == 0) return 0;
        Payees memory payees = _payeesOf(clusterId);
        Routed memory routed = _routed[clusterId];
        uint256 cash;
        uint256 bitcoin;
        uint256 backlog;
        // The total fits 64 bits, and more than any part of it.
        unchecked {
            uint256 total = (earned + routed.total).toUint64();
            bitcoin = _part(total, payees.bitcoin) - _part(routed.total, payees.bitcoin);
            uint256 cashShare = Q - payees.operator - payees.reporters - payees.bitcoin;
            cash = _part(total, cashShare) - _part(routed.total, cashShare);
            // Once in a clock hour the mean of those covered comes at once.
            if (earned == 0 || routed.distributedAt == block.timestamp / HOUR) hoursCovered = 0;
            if (hoursCovered != 0) {
                routed.distributedAt = uint24(block.timestamp / HOUR);
                if (routed.bitcoinPending == routed.bitcoinBacklog) routed.pendingSince = routed.distributedAt - 1;
            }
            backlog = _backlog(cash, cancelled, earned, hoursCovered);
            routed.bitcoinBacklog += uint64(_backlog(bitcoin, cancelled, earned, hoursCovered));
            routed.total = uint64(total);
            routed.bitcoinPending = (bitcoin + routed.bitcoinPending).toUint64();
            // Below 2^-17 units for each lease.
            routed.remainders = (remainder + routed.remainders).toUint16();
            _store(_routed[clusterId], routed);
        }
        emit Distributed(clusterId, earned, remainder, cash, bitcoin);
        if (cash == 0) return distributed;
        _vault.move(_cash, payees.token, cash);
        ICapacityToken(payees.token).addCash(cash, backlog);
    }

    /// What of a distribution's amount is a backlog: what cancellations earned, and of the rest all but an hour's mean;
    /// all where no hour counts.
    function _backlog(uint256 amount, uint256 cancelled, uint256 earned, uint256 hoursCovered)
        private
        pure
        returns (uint256 late)
    {
        if (hoursCovered == 0) return amount;
        unchecked {
            if (cancelled != 0) late = amount * cancelled / earned;
            if (hoursCovered != 1) late = amount - (amount - late) / hoursCovered;
        }
    }

    /// Assigning the struct in place would write its slot once for every member.
    function _store(Routed storage self, Routed memory routed) private {
        self.total = routed.total;
        self.bitcoinPending = routed.bitcoinPending;
        self.bitcoinBacklog = routed.bitcoinBacklog;
        self.remainders = routed.remainders;
        self.pendingSince = routed.pendingSince;
        self.distributedAt = routed.distributedAt;
    }

    /// Buy with up to `amount`, at the feed's price and the slippage at most.
    function _buy(Venue memory at, uint256 amount) private returns (uint256 spent, uint256 received) {
        bool cashFirst = _cash < _reserve;
        SweepPrice.Bounds memory bounds = SweepPrice.boundsOf(at, _cash, _reserve);
        IUniswapV3Pool pool = IUniswapV3Pool(at.pool);
        (uint160 sqrtPrice,,,,,,) = pool.slot0();
        if (cashFirst ? sqrtPrice <= bounds.sqrtPriceLimit : sqrtPrice >= bounds.sqrtPriceLimit) {
            revert RevenueRouter_PriceOutOfBounds(sqrtPrice, bounds.sqrtPriceLimit);
        }
        _due = amount;
        (int256 amount0, int256 amount1) =
            pool.swap(address(this), cashFirst, int256(amount), bounds.sqrtPriceLimit, "");
        spent = amount - _due;
        _due = 0;
        int256 got = cashFirst ? amount1 : amount0;
        received = got < 0 ? uint256(-got) : 0;
        uint256 least = SweepPrice.leastFor(bounds, spent);
        if (received == 0 || received < least) revert RevenueRouter_BadSwap(spent, received, least);
    }

    /// The part of what vests in a currency that `units` bring to the attested ones, smallest units, rounded up.
    function _partOf(ICapacityToken.Revenue memory revenue, uint256 units, uint256 attested)
        private
        pure
        returns (uint256)
    {
        return (revenue.unvested * units).ceilDiv(attested << revenue.shift);
    }

    /// Who a cluster's revenue goes to; looked up once.
    function _payeesOf(uint256 clusterId) private returns (Payees memory payees) {
        payees = _payees[clusterId];
        if (payees.token != address(0)) return payees;
        (, address token, ICapacityRegistry.Split memory split) = _registry.payeesOf(clusterId);
        payees = Payees(token, split.operator, split.reporters, split.bitcoin);
        _payees[clusterId] = payees;
    }

    function _setVenue(Venue memory venue_) private {
        if (venue_.pool != address(0)) SweepPrice.validate(venue_, _cash, _reserve, MAX_SLIPPAGE, MAX_TIP);
        _venue = venue_;
        emit VenueSet(venue_);
    }

    /// A share of a cumulative revenue, rounded down.
    function _part(uint256 total, uint256 share) private pure returns (uint256) {
        unchecked {
            return total * share / Q;
        }
    }
}
