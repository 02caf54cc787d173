// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";

/// @title TestCoin: a coin for local chains that behaves like the regulated ones: ERC-2612, ERC-3009, a blocklist and a
/// pause.
/// @notice Worth nothing: anyone may mint, block and pause. Never deploy it anywhere but on a local chain.
contract TestCoin is ERC20Permit, ERC3009 {
    /// @notice An account was blocked or released.
    event BlockedSet(address indexed account, bool isBlocked);
    /// @notice All transfers were stopped or allowed again.
    event PausedSet(bool isPaused);

    /// @notice A blocked account can neither send nor receive.
    error TestCoin_Blocked(address account);
    /// @notice No transfers while paused.
    error TestCoin_Paused();

    uint8 private immutable _decimals;

    /// @notice Whether transfers are stopped.
    bool public paused;
    /// @notice Whether an account is blocked.
    mapping(address account => bool) public blocked;

    constructor(string memory name_, string memory symbol_, uint8 decimals_) ERC20(name_, symbol_) ERC20Permit(name_) {
        _decimals = decimals_;
    }

    /// @notice Mint `amount` to `account`; anyone may.
    function mint(address account, uint256 amount) external {
        _mint(account, amount);
    }

    /// @notice Block or release an account; anyone may.
    function setBlocked(address account, bool isBlocked) external {
        blocked[account] = isBlocked;
        emit BlockedSet(account, isBlocked);
    }

    /// @notice Stop or allow transfers; anyone may.
    function setPaused(bool isPaused) external {
        paused = isPaused;
        emit PausedSet(isPaused);
    }

    /// @notice Digits after the point.
    function decimals() public view override returns (uint8) {
        return _decimals;
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (paused) revert TestCoin_Paused();
        if (blocked[from]) revert TestCoin_Blocked(from);
        if (blocked[to]) revert TestCoin_Blocked(to);
        super._update(from, to, amount);
    }
}
