// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {Multicallable} from "solady/utils/Multicallable.sol";
import {ICashDesk} from "../interfaces/ICashDesk.sol";
import {IVault} from "../interfaces/IVault.sol";

/// @title CashDesk
/// @notice Trust: the vault takes this contract's word for who pays; it only ever names its caller.
abstract contract CashDesk is ICashDesk, Multicallable {
    /// @inheritdoc ICashDesk
    address public immutable cash;
    IVault internal immutable _vault;

    constructor(IVault vault, address cash_) {
        _vault = vault;
        cash = cash_;
    }

    /// @inheritdoc ICashDesk
    function permitCash(uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external {
        try IERC20Permit(cash).permit(msg.sender, address(_vault), amount, deadline, v, r, s) {}
        catch (bytes memory reason) {
            if (IERC20(cash).allowance(msg.sender, address(_vault)) >= amount) return;
            assembly ("memory-safe") {
                revert(add(reason, 32), mload(reason))
            }
        }
    }

    /// @inheritdoc ICashDesk
    function authorizeCash(
        uint256 amount,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        _vault.depositWithAuthorization(cash, msg.sender, amount, validAfter, validBefore, nonce, v, r, s);
    }

    /// @notice Run several calls of this contract in order, all or nothing; returns what each returns.
    function multicall(bytes[] calldata data) public payable override returns (bytes[] memory) {
        if (msg.value != 0) revert CashDesk_NoEther();
        return super.multicall(data);
    }

    /// Charge the caller.
    function _charge(address to, uint256 amount) internal {
        _vault.charge(cash, msg.sender, to, amount);
    }
}
