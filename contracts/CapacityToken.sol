// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ICapacityToken} from "./interfaces/ICapacityToken.sol";
import {IVault} from "./interfaces/IVault.sol";
import {RevenueIndex} from "./libraries/RevenueIndex.sol";
import {TokenAccount, TokenAccountLib} from "./libraries/TokenAccount.sol";

/// @title CapacityToken
/// @notice Trust: the registry mints what a quorum attested and burns what its operator retires; the router adds
/// revenue that it has put into this token's claim first. Nobody can move, freeze or dilute a holder's tokens or take
/// what they earned. Liveness: a claim needs the coin to accept the receiver; the holder chooses another one when it
/// does not.
contract CapacityToken is ICapacityToken, IERC20Errors, EIP712, Nonces {
    using RevenueIndex for RevenueIndex.Ledger;

    /// What an account earned up to its checkpoints and did not claim, both in ledger integers.
    struct Owed {
        uint128 cash;
        uint128 reserve;
    }

    bytes32 private constant PERMIT_TYPEHASH =
        keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
    uint256 private constant MAX_CASH_COINS_LOG2 = 40;
    uint256 private constant MAX_RESERVE_COINS_LOG2 = 25;

    /// @inheritdoc ICapacityToken
    uint256 public immutable clusterId;
    /// @inheritdoc ICapacityToken
    address public immutable cash;
    /// @inheritdoc ICapacityToken
    address public immutable reserve;
    address private immutable _registry;
    address private immutable _router;
    IVault private immutable _vault;
    uint256 private immutable _cashShift;
    uint256 private immutable _reserveShift;

    /// @inheritdoc IERC20Metadata
    string public name;
    /// @inheritdoc IERC20Metadata
    string public symbol;

    /// The supply and both indices.
    TokenAccount private _totals;
    RevenueIndex.Ledger private _cashLedger;
    RevenueIndex.Ledger private _reserveLedger;
    mapping(address account => TokenAccount) private _accounts;
    mapping(address account => Owed) private _owed;

    /// @inheritdoc IERC20
    mapping(address owner => mapping(address spender => uint256)) public allowance;

    constructor(
        uint256 clusterId_,
        string memory name_,
        string memory symbol_,
        address registry,
        address router,
        IVault vault,
        address cash_,
        address reserve_
    ) EIP712(name_, "1") {
        clusterId = clusterId_;
        name = name_;
        symbol = symbol_;
        _registry = registry;
        _router = router;
        _vault = vault;
        cash = cash_;
        reserve = reserve_;
        _cashShift = RevenueIndex.shiftFor(IERC20Metadata(cash_).decimals(), MAX_CASH_COINS_LOG2);
        _reserveShift = RevenueIndex.shiftFor(IERC20Metadata(reserve_).decimals(), MAX_RESERVE_COINS_LOG2);
    }

    /// @inheritdoc ICapacityToken
    function mint(address account, uint256 amount) external {
        if (msg.sender != _registry) revert CapacityToken_NotRegistry(msg.sender);
        if (account == address(0)) revert ERC20InvalidReceiver(account);
        TokenAccount totals = _totals;
        uint256 supply = totals.tokens() + amount;
        if (supply > type(uint96).max) revert CapacityToken_SupplyTooLarge(supply);
        _totals = totals.withTokens(supply);
        _setBalance(account, totals, _checkpoint(account, totals) + amount);
        emit Transfer(address(0), account, amount);
    }

    /// @inheritdoc ICapacityToken
    function burn(address account, uint256 amount) external {
        if (msg.sender != _registry) revert CapacityToken_NotRegistry(msg.sender);
        TokenAccount totals = _totals;
        _debit(account, totals, amount);
        _totals = totals.withTokens(totals.tokens() - amount);
        emit Transfer(account, address(0), amount);
    }

    /// @inheritdoc ICapacityToken
    function addRevenue(uint256 cashAmount, uint256 reserveAmount) external {
        if (msg.sender != _router) revert CapacityToken_NotRouter(msg.sender);
        TokenAccount totals = _totals;
        uint256 supply = totals.tokens();
        uint256 cashIndex = totals.cash() + _cashLedger.add(cashAmount, supply, _cashShift);
        uint256 reserveIndex = totals.reserve() + _reserveLedger.add(reserveAmount, supply, _reserveShift);
        _totals = TokenAccountLib.pack(supply, cashIndex, reserveIndex);
        emit RevenueAdded(cashAmount, reserveAmount, cashIndex, reserveIndex);
    }

    /// @inheritdoc ICapacityToken
    function claim(address to) external returns (uint256 cashAmount, uint256 reserveAmount) {
        (uint256 cashOwed, uint256 reserveOwed) = owedLedgerOf(msg.sender);
        cashAmount = cashOwed >> _cashShift;
        reserveAmount = reserveOwed >> _reserveShift;
        _owed[msg.sender] = Owed(
            uint128(cashOwed - (cashAmount << _cashShift)), uint128(reserveOwed - (reserveAmount << _reserveShift))
        );
        _setBalance(msg.sender, _totals, _accounts[msg.sender].tokens());
        emit Claimed(msg.sender, to, cashAmount, reserveAmount);
        if (cashAmount != 0) _vault.withdraw(cash, to, cashAmount);
        if (reserveAmount != 0) _vault.withdraw(reserve, to, reserveAmount);
    }

    /// @inheritdoc IERC20
    function transfer(address to, uint256 amount) external returns (bool) {
        _transfer(msg.sender, to, amount);
        return true;
    }

    /// @inheritdoc IERC20
    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        uint256 allowed = allowance[from][msg.sender];
        if (allowed != type(uint256).max) {
            if (allowed < amount) revert ERC20InsufficientAllowance(msg.sender, allowed, amount);
            unchecked {
                allowance[from][msg.sender] = allowed - amount;
            }
        }
        _transfer(from, to, amount);
        return true;
    }

    /// @inheritdoc IERC20
    function approve(address spender, uint256 amount) external returns (bool) {
        _approve(msg.sender, spender, amount);
        return true;
    }

    /// @inheritdoc IERC20Permit
    function permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        external
    {
        if (block.timestamp > deadline) revert CapacityToken_PermitExpired(deadline);
        bytes32 contents = keccak256(abi.encode(PERMIT_TYPEHASH, owner, spender, value, _useNonce(owner), deadline));
        address signer = ECDSA.recover(_hashTypedDataV4(contents), v, r, s);
        if (signer != owner) revert CapacityToken_InvalidPermit(signer, owner);
        _approve(owner, spender, value);
    }

    /// @inheritdoc IERC20Metadata
    function decimals() external pure returns (uint8) {
        return 18;
    }

    /// @inheritdoc IERC20
    function totalSupply() external view returns (uint256) {
        return _totals.tokens();
    }

    /// @inheritdoc IERC20
    function balanceOf(address account) external view returns (uint256) {
        return _accounts[account].tokens();
    }

    /// @inheritdoc IERC20Permit
    function nonces(address owner) public view override(IERC20Permit, Nonces) returns (uint256) {
        return super.nonces(owner);
    }

    /// @inheritdoc IERC20Permit
    // solhint-disable-next-line func-name-mixedcase
    function DOMAIN_SEPARATOR() external view returns (bytes32) {
        return _domainSeparatorV4();
    }

    /// @inheritdoc ICapacityToken
    function claimable(address account) external view returns (uint256 cashAmount, uint256 reserveAmount) {
        (uint256 cashOwed, uint256 reserveOwed) = owedLedgerOf(account);
        return (cashOwed >> _cashShift, reserveOwed >> _reserveShift);
    }

    /// @inheritdoc ICapacityToken
    function owedLedgerOf(address account) public view returns (uint256 cashLedger, uint256 reserveLedger) {
        TokenAccount totals = _totals;
        TokenAccount checkpoint = _accounts[account];
        Owed memory owed = _owed[account];
        cashLedger = owed.cash + checkpoint.tokens() * (totals.cash() - checkpoint.cash());
        reserveLedger = owed.reserve + checkpoint.tokens() * (totals.reserve() - checkpoint.reserve());
    }

    /// @inheritdoc ICapacityToken
    function cashRevenue() external view returns (Revenue memory) {
        RevenueIndex.Ledger storage ledger = _cashLedger;
        return Revenue(_totals.cash(), ledger.total, ledger.carried, ledger.held, _cashShift);
    }

    /// @inheritdoc ICapacityToken
    function reserveRevenue() external view returns (Revenue memory) {
        RevenueIndex.Ledger storage ledger = _reserveLedger;
        return Revenue(_totals.reserve(), ledger.total, ledger.carried, ledger.held, _reserveShift);
    }

    function _transfer(address from, address to, uint256 amount) private {
        if (from == address(0)) revert ERC20InvalidSender(from);
        if (to == address(0)) revert ERC20InvalidReceiver(to);
        TokenAccount totals = _totals;
        _debit(from, totals, amount);
        _setBalance(to, totals, _checkpoint(to, totals) + amount);
        emit Transfer(from, to, amount);
    }

    function _debit(address from, TokenAccount totals, uint256 amount) private {
        uint256 balance = _checkpoint(from, totals);
        if (balance < amount) revert ERC20InsufficientBalance(from, balance, amount);
        unchecked {
            _setBalance(from, totals, balance - amount);
        }
    }

    /// Book what `account` earned since its checkpoint. The caller must write its balance, and with it the checkpoint,
    /// next.
    function _checkpoint(address account, TokenAccount totals) private returns (uint256 balance) {
        TokenAccount checkpoint = _accounts[account];
        balance = checkpoint.tokens();
        if (balance != 0 && checkpoint.indices() != totals.indices()) {
            (uint256 cashOwed, uint256 reserveOwed) = owedLedgerOf(account);
            _owed[account] = Owed(uint128(cashOwed), uint128(reserveOwed));
        }
    }

    function _setBalance(address account, TokenAccount totals, uint256 balance) private {
        _accounts[account] = totals.withTokens(balance);
    }

    function _approve(address owner, address spender, uint256 amount) private {
        if (spender == address(0)) revert ERC20InvalidSpender(spender);
        allowance[owner][spender] = amount;
        emit Approval(owner, spender, amount);
    }
}
