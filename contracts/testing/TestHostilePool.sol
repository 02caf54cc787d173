// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IUniswapV3Pool} from "../interfaces/external/IUniswapV3Pool.sol";

/// @title TestHostilePool: passes for a Uniswap v3 pool, and does in a swap whatever a test asks for.
/// @notice Worth nothing: anyone may say what it does. Never deploy it anywhere but on a local chain.
contract TestHostilePool is IUniswapV3Pool {
    /// @notice A call that it makes.
    struct Call {
        address target;
        bytes data;
    }

    /// @inheritdoc IUniswapV3Pool
    address public immutable token0;
    /// @inheritdoc IUniswapV3Pool
    address public immutable token1;
    /// @inheritdoc IUniswapV3Pool
    uint24 public constant fee = 500;

    uint160 private _sqrtPrice;
    int256 private _amount0;
    int256 private _amount1;
    Call[] private _calls;

    constructor(address coinA, address coinB) {
        (token0, token1) = coinA < coinB ? (coinA, coinB) : (coinB, coinA);
    }

    /// @notice Make these calls in the next swaps, and say that they brought these amounts.
    function setSwap(int256 amount0, int256 amount1, Call[] calldata calls) external {
        (_amount0, _amount1) = (amount0, amount1);
        delete _calls;
        for (uint256 i; i < calls.length; ++i) {
            _calls.push(calls[i]);
        }
    }

    /// @notice Stand at this price from now on.
    function setPrice(uint160 sqrtPriceX96) external {
        _sqrtPrice = sqrtPriceX96;
    }

    /// @notice Make a call now.
    function act(Call calldata call_) external {
        _make(call_);
    }

    /// @inheritdoc IUniswapV3Pool
    function swap(address, bool, int256, uint160, bytes calldata) external returns (int256 amount0, int256 amount1) {
        for (uint256 i; i < _calls.length; ++i) {
            _make(_calls[i]);
        }
        return (_amount0, _amount1);
    }

    /// @inheritdoc IUniswapV3Pool
    function slot0() external view returns (uint160, int24, uint16, uint16, uint16, uint8, bool) {
        return (_sqrtPrice, 0, 0, 1, 1, 0, true);
    }

    /// A call that fails takes everything with it, with its own error.
    function _make(Call memory call_) private {
        (bool done, bytes memory answer) = call_.target.call(call_.data);
        if (!done) {
            assembly ("memory-safe") {
                revert(add(answer, 32), mload(answer))
            }
        }
    }
}
