// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IUniswapV3Pool, IUniswapV3SwapCallback} from "../interfaces/external/IUniswapV3Pool.sol";

/// @title What makes Uniswap v3 pools.
interface IUniswapV3Factory {
    /// @notice Make the pool of two coins, in any order, at a fee in millionths.
    function createPool(address coinA, address coinB, uint24 fee) external returns (address pool);

    /// @notice The pool of two coins, in any order, at a fee; zero for none.
    function getPool(address coinA, address coinB, uint24 fee) external view returns (address pool);
}

/// @title What one needs of a Uniswap v3 pool to fill it.
interface IUniswapV3Liquidity is IUniswapV3Pool {
    /// @notice What made the pool.
    function factory() external view returns (address);

    /// @notice How much liquidity is in use at the present price.
    function liquidity() external view returns (uint128);

    /// @notice How far apart, in ticks, the bounds of positions are.
    function tickSpacing() external view returns (int24);

    /// @notice Give the pool its first price, as the square root of token1 per token0, times 2^96.
    function initialize(uint160 sqrtPriceX96) external;

    /// @notice Add liquidity between two ticks. The pool asks its caller for the coins.
    function mint(address recipient, int24 lower, int24 upper, uint128 amount, bytes calldata data)
        external
        returns (uint256 amount0, uint256 amount1);

    /// @notice Take the caller's liquidity between two ticks out; the coins wait to be collected.
    function burn(int24 lower, int24 upper, uint128 amount) external returns (uint256 amount0, uint256 amount1);

    /// @notice Collect coins that wait for the caller.
    function collect(address recipient, int24 lower, int24 upper, uint128 amount0, uint128 amount1)
        external
        returns (uint128 collected0, uint128 collected1);
}

/// @title TestLiquidity: fills Uniswap v3 pools, empties them and trades with them, out of what coins it holds.
/// @notice For local chains only: anyone may call, and any contract may ask it for its coins.
contract TestLiquidity is IUniswapV3SwapCallback {
    /// @notice Add liquidity to a pool between two ticks.
    function put(IUniswapV3Liquidity pool, int24 lower, int24 upper, uint128 amount)
        external
        returns (uint256 amount0, uint256 amount1)
    {
        return pool.mint(address(this), lower, upper, amount, "");
    }

    /// @notice Take liquidity out, and collect the coins and the fees.
    function take(IUniswapV3Liquidity pool, int24 lower, int24 upper, uint128 amount)
        external
        returns (uint256 amount0, uint256 amount1)
    {
        pool.burn(lower, upper, amount);
        return pool.collect(address(this), lower, upper, type(uint128).max, type(uint128).max);
    }

    /// @notice Trade with a pool up to a price: `amount` of what is paid in, or, negative, of what is wanted.
    function swap(IUniswapV3Liquidity pool, bool zeroForOne, int256 amount, uint160 sqrtPriceLimitX96)
        external
        returns (int256 amount0, int256 amount1)
    {
        return pool.swap(address(this), zeroForOne, amount, sqrtPriceLimitX96, "");
    }

    /// @notice Pay a pool for liquidity.
    function uniswapV3MintCallback(uint256 amount0, uint256 amount1, bytes calldata) external {
        _pay(int256(amount0), int256(amount1));
    }

    /// @inheritdoc IUniswapV3SwapCallback
    function uniswapV3SwapCallback(int256 amount0Delta, int256 amount1Delta, bytes calldata) external {
        _pay(amount0Delta, amount1Delta);
    }

    function _pay(int256 amount0, int256 amount1) private {
        IUniswapV3Pool pool = IUniswapV3Pool(msg.sender);
        if (amount0 > 0) IERC20(pool.token0()).transfer(msg.sender, uint256(amount0));
        if (amount1 > 0) IERC20(pool.token1()).transfer(msg.sender, uint256(amount1));
    }
}
