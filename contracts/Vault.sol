// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC3009} from "@openzeppelin/contracts/interfaces/draft-IERC3009.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IVault} from "./interfaces/IVault.sol";

/// @title Vault
/// @notice Trust: nobody. There is no owner, no pause and no way out for a coin but its claim's holder. The market, the
/// exchange, the contests and the router, fixed at deployment, can spend claims of and allowances from an account; they
/// only ever do so for the account that called them, or the registry for a mint of its own. Liveness: a withdrawal needs the coin to accept the receiver.
/// Coins are plain ERC-20: one that charges on transfer is refused, one that rebases or is seized by its issuer can
/// leave the claims in that coin, and in no other, short.
contract Vault is IVault, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @inheritdoc IVault
    address public immutable market;

    /// @inheritdoc IVault
    address public immutable exchange;

    /// @inheritdoc IVault
    address public immutable contests;

    /// @inheritdoc IVault
    address public immutable router;

    /// @inheritdoc IVault
    mapping(address coin => mapping(address account => uint256)) public claimOf;

    constructor(address market_, address exchange_, address contests_, address router_) {
        market = market_;
        exchange = exchange_;
        contests = contests_;
        router = router_;
    }

    /// @inheritdoc IVault
    function deposit(address coin, address account, uint256 amount) external nonReentrant {
        _takeIn(coin, msg.sender, account, amount);
    }

    /// @inheritdoc IVault
    function depositWithAuthorization(
        address coin,
        address payer,
        uint256 amount,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external nonReentrant {
        if (msg.sender != payer && !_mayCharge(msg.sender)) revert Vault_MayNotCharge(msg.sender, payer);
        uint256 before = IERC20(coin).balanceOf(address(this));
        IERC3009(coin).receiveWithAuthorization(
            payer, address(this), amount, validAfter, validBefore, nonce, v, r, s
        );
        _book(coin, payer, payer, amount, before);
    }

    /// @inheritdoc IVault
    function charge(address coin, address payer, address to, uint256 amount) external nonReentrant {
        if (!_mayCharge(msg.sender)) revert Vault_MayNotCharge(msg.sender, payer);
        uint256 claim = claimOf[coin][payer];
        if (claim != 0) {
            if (claim > amount) claim = amount;
            claimOf[coin][payer] -= claim;
            _credit(coin, payer, to, claim);
            amount -= claim;
        }
        if (amount != 0) _takeIn(coin, payer, to, amount);
    }

    /// @inheritdoc IVault
    function move(address coin, address to, uint256 amount) external {
        _spend(coin, amount);
        _credit(coin, msg.sender, to, amount);
    }

    /// @inheritdoc IVault
    function moveBatch(address coin, address[] calldata to, uint256[] calldata amounts) external {
        if (to.length != amounts.length) revert Vault_LengthMismatch(to.length, amounts.length);
        uint256 total;
        for (uint256 i; i < amounts.length; ++i) {
            total += amounts[i];
        }
        _spend(coin, total);
        for (uint256 i; i < to.length; ++i) {
            if (amounts[i] != 0) _credit(coin, msg.sender, to[i], amounts[i]);
        }
    }

    /// @inheritdoc IVault
    function withdraw(address coin, address to, uint256 amount) external nonReentrant {
        if (to == address(0) || to == address(this)) revert Vault_InvalidReceiver(to);
        _spend(coin, amount);
        IERC20(coin).safeTransfer(to, amount);
        emit Withdrawn(coin, msg.sender, to, amount);
    }

    function _takeIn(address coin, address payer, address account, uint256 amount) private {
        if (account == address(0)) revert Vault_InvalidReceiver(account);
        uint256 before = IERC20(coin).balanceOf(address(this));
        IERC20(coin).safeTransferFrom(payer, address(this), amount);
        _book(coin, payer, account, amount, before);
    }

    /// Claim what came in since the vault's balance was `before`, which must be `amount`.
    function _book(address coin, address payer, address account, uint256 amount, uint256 before) private {
        uint256 received = IERC20(coin).balanceOf(address(this)) - before;
        if (received != amount) revert Vault_InexactTransfer(coin, amount, received);
        claimOf[coin][account] += amount;
        emit Deposited(coin, payer, account, amount);
    }

    function _spend(address coin, uint256 amount) private {
        mapping(address account => uint256) storage claims = claimOf[coin];
        uint256 claim = claims[msg.sender];
        if (claim < amount) revert Vault_InsufficientClaim(coin, msg.sender, claim, amount);
        unchecked {
            claims[msg.sender] = claim - amount;
        }
    }

    function _credit(address coin, address from, address to, uint256 amount) private {
        if (to == address(0)) revert Vault_InvalidReceiver(to);
        claimOf[coin][to] += amount;
        emit Moved(coin, from, to, amount);
    }

    function _mayCharge(address caller) private view returns (bool) {
        return caller == market || caller == exchange || caller == contests || caller == router;
    }
}
