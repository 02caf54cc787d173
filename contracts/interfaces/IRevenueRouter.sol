// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IUniswapV3SwapCallback} from "./external/IUniswapV3Pool.sol";

/// @title RevenueRouter: splits earned rent between operator, reporters, holders' cash and holders' bitcoin.
/// @notice Every part is the floor of its share of the cluster's cumulative revenue, so distributing once late gives
/// everybody the same as distributing often. The cash part reaches the token at once. Of what a distribution brings the
/// holders, in cash and in bitcoin, only an hour's mean, that of the hours it covers and without what cancellations have
/// earned, raises an index at once; and of several distributions in one clock hour only the first that covers any hour
/// does. The rest is a backlog and vests (see ICapacityToken), however many distributions it comes in. The operator's
/// and the reporters' parts wait until somebody asks for their release, the bitcoin part until it is swept; what the
/// floors leave, less than four units, waits for later revenue. All that waits stands in the router's claim in the
/// vault.
///
/// A sweep buys bitcoin on a pool, at no more than the feed's price and `slippage`, the pool's fee included: it buys as
/// much as the pool has at that, and the rest waits. Whoever calls is paid a tip out of what was bought. Bitcoin for a
/// backlog vests from its sweep on, and so does, all but a day's part, that for the rest where it waited for more than
/// a day. A part that is swept has its share of both; what vests is rounded up.
///
/// A cluster's revenue adds up to less than 2^64 stablecoin units; what would exceed that can not be distributed.
interface IRevenueRouter is IUniswapV3SwapCallback {
    /// @notice Where bitcoin is bought.
    /// @param pool Uniswap v3 pool of the stablecoin and the bitcoin token; zero for nowhere.
    /// @param feed Chainlink feed of the bitcoin token's price in stablecoins.
    /// @param maxAge How old the feed's answer may be, seconds.
    /// @param slippage How far above the feed's price may be bought, millionths; above the pool's fee, at most 100,000.
    /// @param tip Part of the bought bitcoin that the caller of a sweep is paid, millionths; at most 10,000.
    struct Venue {
        address pool;
        address feed;
        uint32 maxAge;
        uint32 slippage;
        uint32 tip;
    }

    /// @notice Revenue left the market and was split; amounts in stablecoin units. Of `earned`, `cash` went to the
    /// token and `bitcoin` waits for a sweep; the rest, and `remainder` for the operator alone, waits to be released.
    event Distributed(uint256 indexed clusterId, uint256 earned, uint256 remainder, uint256 cash, uint256 bitcoin);
    /// @notice The operator's and the reporters' parts became claims of theirs in the vault.
    event Released(uint256 indexed clusterId, address indexed operator, uint256 operatorAmount, uint256 reporterAmount);
    /// @notice `spent` stablecoin units bought `received` bitcoin units; `tip` of them went to `keeper`, the rest to
    /// the token.
    event Swept(uint256 indexed clusterId, address indexed keeper, uint256 spent, uint256 received, uint256 tip);
    /// @notice The operator paid what new units bring: `pending` stablecoin units more wait to be swept, `cash`
    /// stablecoin units and `reserve` bitcoin units vest with what vests.
    event ToppedUp(
        uint256 indexed clusterId, address indexed operator, uint256 pending, uint256 cash, uint256 reserve
    );
    /// @notice Somebody paid bitcoin to a cluster's holders.
    event PaidIn(uint256 indexed clusterId, address indexed payer, uint256 amount);
    /// @notice Bitcoin is bought here from now on.
    event VenueSet(Venue venue);

    /// @notice A part of the venue does not fit.
    error RevenueRouter_InvalidVenue(string field);
    /// @notice Only the registry tops up for a mint.
    error RevenueRouter_NotRegistry(address caller);
    /// @notice There is nowhere to buy bitcoin.
    error RevenueRouter_NoVenue();
    /// @notice Nothing waits to be turned into bitcoin, or nothing was asked for.
    error RevenueRouter_NothingToSweep(uint256 clusterId);
    /// @notice The feed's answer is older than `maxAge` seconds, or from the future.
    error RevenueRouter_StalePrice(uint256 updatedAt, uint256 timestamp, uint256 maxAge);
    /// @notice The feed's answer is not a price.
    error RevenueRouter_InvalidPrice(int256 answer);
    /// @notice The pool has nothing at the feed's price and `slippage`: it stands at `sqrtPriceX96` and may be used up
    /// to the limit.
    error RevenueRouter_PriceOutOfBounds(uint256 sqrtPriceX96, uint256 sqrtPriceLimitX96);
    /// @notice The pool gave `received` where at least `least` was due for `spent`.
    error RevenueRouter_BadSwap(uint256 spent, uint256 received, uint256 least);
    /// @notice Only the pool may ask for payment, and only while it swaps.
    error RevenueRouter_NotPool(address caller);
    /// @notice The pool asked for more than it may.
    error RevenueRouter_Overcharged(int256 asked, uint256 due);

    /// @notice Split what a cluster's accrued hours have earned.
    /// @dev Anyone may call, at any time. Does not accrue; moves no money when nothing was earned.
    /// @return distributed Stablecoin units that left the market, the operator's remainder included.
    function distribute(uint256 clusterId) external returns (uint256 distributed);

    /// @notice Accrue a cluster, then distribute.
    /// @dev Anyone may call, at any time.
    function accrueAndDistribute(uint256 clusterId) external returns (uint256 distributed);

    /// @notice Charge the operator what `units` new units bring to what vests and waits, so that each token's part of it
    /// stays the same: `topUpOf`.
    /// @dev Only the registry, in a mint, after it has accrued and distributed. Paid out of the operator's claims in the
    /// vault first, the rest by allowance to the vault.
    function topUp(uint256 clusterId, address operator, uint256 units) external;

    /// @notice Make the operator's and the reporters' parts of what was distributed claims of theirs in the vault.
    /// @dev Anyone may call, at any time. The operator is the present one.
    /// @return operatorAmount Stablecoin units that became the operator's.
    /// @return reporterAmount Stablecoin units that became the oracle's, for the reporters.
    function release(uint256 clusterId) external returns (uint256 operatorAmount, uint256 reporterAmount);

    /// @notice Buy bitcoin for the holders with `maxAmount` stablecoin units of what waits, or as much as waits, or as
    /// much as the pool has at the price.
    /// @dev Anyone may call, and is paid the tip as a claim in the vault.
    /// @return spent Stablecoin units paid to the pool.
    /// @return received Bitcoin units bought, the tip included.
    function sweep(uint256 clusterId, uint256 maxAmount) external returns (uint256 spent, uint256 received);

    /// @notice Pay `amount` bitcoin units to a cluster's holders, out of the caller's claim in the vault and, where
    /// that is not enough, by allowance to the vault; mining income comes in this way. It vests over 24 hours.
    /// @dev Anyone may call. Nothing of it is the operator's or the reporters'.
    function payIn(uint256 clusterId, uint256 amount) external;

    /// @notice Buy bitcoin elsewhere from now on.
    /// @dev Only the governor. It can not take what waits but by a pool and a feed that agree on a false price; less
    /// than a day's bitcoin part waits where sweeps come daily.
    function setVenue(Venue calldata venue) external;

    /// @notice Where bitcoin is bought.
    function venue() external view returns (Venue memory);

    /// @notice Stablecoin units of a cluster that were split since its registration, without remainders.
    function totalOf(uint256 clusterId) external view returns (uint256);

    /// @notice Stablecoin units of a cluster that the floors of the four parts leave for later distributions; below 4.
    function carriedOf(uint256 clusterId) external view returns (uint256);

    /// @notice Stablecoin units of a cluster that wait to be released.
    function releasableOf(uint256 clusterId) external view returns (uint256 operatorAmount, uint256 reporterAmount);

    /// @notice What the operator pays for a mint of `units` units now, if nothing is accrued or distributed before: for
    /// each attested unit as much as waits and vests for it, all rounded up. With the tokens the operator holds the
    /// right to as much. Nothing where no unit is attested.
    /// @return pending Stablecoin units, for what waits to be turned into bitcoin.
    /// @return cash Stablecoin units, for what vests in them.
    /// @return reserve Bitcoin units, for what vests in them.
    function topUpOf(uint256 clusterId, uint256 units)
        external
        view
        returns (uint256 pending, uint256 cash, uint256 reserve);

    /// @notice Stablecoin units of a cluster that wait to be turned into bitcoin.
    function bitcoinPendingOf(uint256 clusterId) external view returns (uint256);

    /// @notice The last hour in which a distribution brought something at once, unix time / 3600; 0 where none did yet.
    /// What is distributed again in that hour is a backlog.
    function distributedAtOf(uint256 clusterId) external view returns (uint256);
}
