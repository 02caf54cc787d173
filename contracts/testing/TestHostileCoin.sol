// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title TestHostileCoin: a coin that breaks the rules in the way that a test asks for.
/// @notice Worth nothing: anyone may mint and choose the mode. Never deploy it anywhere but on a local chain.
contract TestHostileCoin is ERC20 {
    enum Mode {
        Plain, // behaves
        Fee, // delivers one unit less than asked
        Bonus, // delivers one unit more than asked
        False, // moves nothing and returns false
        Reenter // makes the call that was set before it moves anything
    }

    /// @notice How the next transfers behave.
    Mode public mode;
    address private _target;
    bytes private _data;

    constructor() ERC20("Hostile Coin", "HOST") {}

    /// @notice Mint `amount` to `account`; anyone may.
    function mint(address account, uint256 amount) external {
        _mint(account, amount);
    }

    /// @notice Choose how the next transfers behave; anyone may.
    function setMode(Mode mode_) external {
        mode = mode_;
    }

    /// @notice The call that `Mode.Reenter` makes from each transfer.
    function setCall(address target, bytes calldata data) external {
        (_target, _data) = (target, data);
    }

    /// @inheritdoc ERC20
    function transfer(address to, uint256 amount) public override returns (bool) {
        if (mode == Mode.False) return false;
        return super.transfer(to, _before(amount));
    }

    /// @inheritdoc ERC20
    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        if (mode == Mode.False) return false;
        return super.transferFrom(from, to, _before(amount));
    }

    /// What is really delivered; a call that fails takes the transfer with it, with its own error.
    function _before(uint256 amount) private returns (uint256) {
        if (mode == Mode.Fee) return amount - 1;
        if (mode == Mode.Bonus) return amount + 1;
        if (mode == Mode.Reenter) {
            (bool done, bytes memory answer) = _target.call(_data);
            if (!done) {
                assembly ("memory-safe") {
                    revert(add(answer, 32), mload(answer))
                }
            }
        }
        return amount;
    }
}
