// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IRevenueRouter} from "../interfaces/IRevenueRouter.sol";
import {IPriceFeed} from "../interfaces/external/IPriceFeed.sol";
import {IUniswapV3Pool} from "../interfaces/external/IUniswapV3Pool.sol";

/// @title SweepPrice: how much bitcoin may cost in a sweep.
/// @notice With the feed's price p, the most that one may pay for a coin is p * (1 + slippage), the pool's fee
/// included. The pool's own price, which counts without its fee, may go as far as p * (1 + slippage) * (1 - fee), so
/// that not even the last unit costs more.
library SweepPrice {
    /// @param numerator Most that is paid for bitcoin, stablecoin units per bitcoin unit, times `denominator`.
    /// @param sqrtPriceLimit How far the pool's price may go, in its own terms.
    struct Bounds {
        uint256 numerator;
        uint256 denominator;
        uint160 sqrtPriceLimit;
    }

    uint256 private constant Q = 1e6;

    /// @notice Whether one can buy there at all; reverts where not.
    function validate(
        IRevenueRouter.Venue memory venue,
        address cash,
        address reserve,
        uint256 maxSlippage,
        uint256 maxTip
    ) internal view {
        IUniswapV3Pool pool = IUniswapV3Pool(venue.pool);
        (address first, address second) = cash < reserve ? (cash, reserve) : (reserve, cash);
        if (pool.token0() != first || pool.token1() != second) {
            revert IRevenueRouter.RevenueRouter_InvalidVenue("pool");
        }
        if (IPriceFeed(venue.feed).decimals() > 18) revert IRevenueRouter.RevenueRouter_InvalidVenue("feed");
        if (venue.maxAge == 0) revert IRevenueRouter.RevenueRouter_InvalidVenue("maxAge");
        if (venue.slippage <= pool.fee() || venue.slippage > maxSlippage) {
            revert IRevenueRouter.RevenueRouter_InvalidVenue("slippage");
        }
        if (venue.tip > maxTip) revert IRevenueRouter.RevenueRouter_InvalidVenue("tip");
    }

    /// @notice The bounds by the feed's present answer; reverts where it is none, or too old.
    function boundsOf(IRevenueRouter.Venue memory venue, address cash, address reserve)
        internal
        view
        returns (Bounds memory bounds)
    {
        uint256 price = _priceOf(venue);
        uint256 decimals = uint256(IPriceFeed(venue.feed).decimals()) + IERC20Metadata(reserve).decimals();
        bounds.numerator = price * 10 ** IERC20Metadata(cash).decimals() * (Q + venue.slippage);
        bounds.denominator = 10 ** decimals * Q;
        // The pool can not express prices much further out, and nothing is worth that.
        if (bounds.numerator / bounds.denominator >> 60 != 0 || bounds.denominator / bounds.numerator >> 60 != 0) {
            revert IRevenueRouter.RevenueRouter_InvalidPrice(int256(price));
        }
        uint256 numerator = bounds.numerator * (Q - IUniswapV3Pool(venue.pool).fee());
        uint256 denominator = bounds.denominator * Q;
        // The pool counts token1 per token0; the square root in 2^-96.
        uint256 square = cash < reserve
            ? Math.mulDiv(denominator, 1 << 192, numerator, Math.Rounding.Ceil)
            : Math.mulDiv(numerator, 1 << 192, denominator);
        bounds.sqrtPriceLimit = uint160(Math.sqrt(square, cash < reserve ? Math.Rounding.Ceil : Math.Rounding.Floor));
    }

    /// @notice Least bitcoin that `spent` must bring, bitcoin units, rounded up: the price holds for a single unit too.
    function leastFor(Bounds memory bounds, uint256 spent) internal pure returns (uint256) {
        return Math.mulDiv(spent, bounds.denominator, bounds.numerator, Math.Rounding.Ceil);
    }

    function _priceOf(IRevenueRouter.Venue memory venue) private view returns (uint256) {
        (, int256 answer,, uint256 updatedAt,) = IPriceFeed(venue.feed).latestRoundData();
        // Above this it would be worth more than all money, and too large to compute with.
        if (answer <= 0 || answer > int256(uint256(type(uint96).max))) {
            revert IRevenueRouter.RevenueRouter_InvalidPrice(answer);
        }
        if (updatedAt > block.timestamp || block.timestamp - updatedAt > venue.maxAge) {
            revert IRevenueRouter.RevenueRouter_StalePrice(updatedAt, block.timestamp, venue.maxAge);
        }
        return uint256(answer);
    }
}
