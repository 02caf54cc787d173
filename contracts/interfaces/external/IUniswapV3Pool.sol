// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title What Wellhead needs of a Uniswap v3 pool.
interface IUniswapV3Pool {
    /// @notice The coin with the lower address.
    function token0() external view returns (address);

    /// @notice The coin with the higher address.
    function token1() external view returns (address);

    /// @notice The pool's fee, millionths of what is paid in.
    function fee() external view returns (uint24);

    /// @notice The pool's state.
    /// @return sqrtPriceX96 Square root of the price of token0 in token1's smallest units, times 2^96.
    /// @return tick Its logarithm.
    /// @return observationIndex Where the pool's price memory stands.
    /// @return observationCardinality How much of it is in use.
    /// @return observationCardinalityNext How much of it will be.
    /// @return feeProtocol The protocol's part of the fee.
    /// @return unlocked Whether nobody is in the midst of using the pool.
    function slot0()
        external
        view
        returns (
            uint160 sqrtPriceX96,
            int24 tick,
            uint16 observationIndex,
            uint16 observationCardinality,
            uint16 observationCardinalityNext,
            uint8 feeProtocol,
            bool unlocked
        );

    /// @notice Swap until all of `amountSpecified` is paid in, or the price has reached the limit. The pool asks its
    /// caller for the payment by `uniswapV3SwapCallback`.
    /// @return amount0 What the pool received of token0; negative for what it paid out.
    /// @return amount1 The same of token1.
    function swap(
        address recipient,
        bool zeroForOne,
        int256 amountSpecified,
        uint160 sqrtPriceLimitX96,
        bytes calldata data
    ) external returns (int256 amount0, int256 amount1);
}

/// @title What a Uniswap v3 pool calls to be paid.
interface IUniswapV3SwapCallback {
    /// @notice Pay the pool what is positive.
    /// @dev Only a pool, during a swap.
    function uniswapV3SwapCallback(int256 amount0Delta, int256 amount1Delta, bytes calldata data) external;
}
