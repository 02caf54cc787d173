// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {ICapacityMetadata} from "./interfaces/ICapacityMetadata.sol";
import {ICapacityToken} from "./interfaces/ICapacityToken.sol";
import {ICompliance} from "./interfaces/ICompliance.sol";
import {IERC7572} from "./interfaces/IERC7572.sol";
import {IERC7943Fungible} from "./interfaces/IERC7943Fungible.sol";
import {IVault} from "./interfaces/IVault.sol";
import {RevenueIndex} from "./libraries/RevenueIndex.sol";
import {TokenAccount, TokenAccountLib} from "./libraries/TokenAccount.sol";

/// @title CapacityToken
/// @notice Trust: the registry mints what a quorum attested and burns what its operator retires; the router adds
/// revenue that it has put into this token's claim first; the compliance contract says who may send and receive, and
/// can freeze and move tokens of all but system holders. Nobody can dilute a holder or take what it earned. Liveness: a
/// transfer needs the compliance contract's word on both accounts; a claim needs the coin to accept the receiver, and
/// the holder chooses another one when it does not.
contract CapacityToken is ICapacityToken, IERC20Errors, EIP712, Nonces {
    using RevenueIndex for RevenueIndex.Ledger;

    /// What an account earned up to its checkpoints and did not claim, both in ledger integers.
    struct Owed {
        uint128 cash;
        uint128 reserve;
    }

    bytes32 private constant PERMIT_TYPEHASH =
        keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
    bytes32 private constant CLAIM_TYPEHASH =
        keccak256("Claim(address account,address to,uint256 nonce,uint256 deadline)");
    uint256 private constant MAX_CASH_COINS_LOG2 = 40;
    uint256 private constant MAX_RESERVE_COINS_LOG2 = 25;
    uint256 private constant UNIT = 1e18;
    /// Flag of an account of which something is frozen.
    uint256 private constant FROZEN = 1;
    /// Flags of the supply: in which currency something vests.
    uint256 private constant CASH_VESTS = 1;
    uint256 private constant RESERVE_VESTS = 2;
    uint256 private constant RING = 32;

    /// @inheritdoc ICapacityToken
    uint256 public immutable clusterId;
    /// @inheritdoc ICapacityToken
    uint256 public immutable policy;
    /// @inheritdoc ICapacityToken
    address public immutable cash;
    /// @inheritdoc ICapacityToken
    address public immutable reserve;
    address private immutable _registry;
    address private immutable _router;
    IVault private immutable _vault;
    ICompliance private immutable _compliance;
    ICapacityMetadata private immutable _metadata;
    uint256 private immutable _cashShift;
    uint256 private immutable _reserveShift;

    /// @inheritdoc IERC20Metadata
    string public name;
    /// @inheritdoc IERC20Metadata
    string public symbol;

    /// The supply and both indices as last written: a backlog may have vested since.
    TokenAccount private _totals;
    RevenueIndex.Ledger private _cashLedger;
    RevenueIndex.Ledger private _reserveLedger;
    mapping(address account => TokenAccount) private _accounts;
    mapping(address account => Owed) private _owed;
    mapping(address account => uint256) private _frozen;
    /// Supply and indices as they stood before a day's first revenue, by day modulo `RING`.
    mapping(uint256 => TokenAccount) private _days;

    /// @inheritdoc IERC20
    mapping(address owner => mapping(address spender => uint256)) public allowance;

    modifier onlyRegistry() {
        if (msg.sender != _registry) revert CapacityToken_NotRegistry(msg.sender);
        _;
    }

    modifier onlyRouter() {
        if (msg.sender != _router) revert CapacityToken_NotRouter(msg.sender);
        _;
    }

    modifier onlyCompliance() {
        if (msg.sender != address(_compliance)) revert CapacityToken_NotCompliance(msg.sender);
        _;
    }

    constructor(Around memory around, uint256 clusterId_, uint256 policy_, string memory name_, string memory symbol_)
        EIP712(name_, "1")
    {
        clusterId = clusterId_;
        policy = policy_;
        name = name_;
        symbol = symbol_;
        _registry = around.registry;
        _router = around.router;
        _vault = IVault(around.vault);
        _compliance = ICompliance(around.compliance);
        _metadata = ICapacityMetadata(around.metadata);
        cash = around.cash;
        reserve = around.reserve;
        _cashShift = RevenueIndex.shiftFor(IERC20Metadata(around.cash).decimals(), MAX_CASH_COINS_LOG2);
        _reserveShift = RevenueIndex.shiftFor(IERC20Metadata(around.reserve).decimals(), MAX_RESERVE_COINS_LOG2);
    }

    /// @inheritdoc ICapacityToken
    function mint(address account, uint256 amount) external onlyRegistry {
        if (!canReceive(account)) revert ERC7943CannotReceive(account);
        TokenAccount totals = _settled();
        // What came while there was no token is the first tokens', as if it had vested.
        if (totals.tokens() == 0) totals = totals.withFlags(totals.flags() | _carrying());
        uint256 supply = totals.tokens() + amount;
        if (supply > TokenAccountLib.MAX_TOKENS) revert CapacityToken_SupplyTooLarge(supply);
        _totals = totals.withTokens(supply);
        _credit(account, totals, amount);
        emit Transfer(address(0), account, amount);
        emit ContractURIUpdated();
    }

    /// @inheritdoc ICapacityToken
    function burn(address account, uint256 amount) external onlyRegistry {
        if (!canSend(account)) revert ERC7943CannotSend(account);
        TokenAccount totals = _settled();
        _debit(account, totals, amount);
        _totals = totals.withTokens(totals.tokens() - amount);
        emit Transfer(account, address(0), amount);
        emit ContractURIUpdated();
    }

    /// @inheritdoc ICapacityToken
    function addCash(uint256 amount, uint256 backlog) external onlyRouter {
        TokenAccount totals = _rememberDay(_totals);
        uint256 flags = totals.flags();
        (uint256 step, bool vests) =
            _cashLedger.add(amount, backlog, totals.tokens(), _cashShift, flags & CASH_VESTS != 0);
        _totals = totals.grown(step, 0).withFlags((flags & ~CASH_VESTS) | (vests ? CASH_VESTS : 0));
        emit CashAdded(amount, backlog);
    }

    /// @inheritdoc ICapacityToken
    function addReserve(uint256 amount, uint256 backlog) external onlyRouter {
        TokenAccount totals = _rememberDay(_totals);
        uint256 flags = totals.flags();
        (uint256 step, bool vests) =
            _reserveLedger.add(amount, backlog, totals.tokens(), _reserveShift, flags & RESERVE_VESTS != 0);
        _totals = totals.grown(0, step).withFlags((flags & ~RESERVE_VESTS) | (vests ? RESERVE_VESTS : 0));
        emit ReserveAdded(amount, backlog);
    }

    /// @inheritdoc ICapacityToken
    function topUp(uint256 cashAmount, uint256 reserveAmount) external onlyRouter {
        _totals = _settled();
        if (cashAmount != 0) _cashLedger.join(cashAmount, _cashShift);
        if (reserveAmount != 0) _reserveLedger.join(reserveAmount, _reserveShift);
        emit ToppedUp(cashAmount, reserveAmount);
    }

    /// @inheritdoc ICapacityToken
    function claim(address to) external returns (uint256 cashAmount, uint256 reserveAmount) {
        return _claim(msg.sender, to);
    }

    /// @inheritdoc ICapacityToken
    function claimFor(address account, address to, uint256 deadline, bytes calldata signature)
        external
        returns (uint256 cashAmount, uint256 reserveAmount)
    {
        if (block.timestamp > deadline) revert CapacityToken_ClaimExpired(deadline);
        bytes32 contents = keccak256(abi.encode(CLAIM_TYPEHASH, account, to, _useNonce(account), deadline));
        if (!SignatureChecker.isValidSignatureNow(account, _hashTypedDataV4(contents), signature)) {
            revert CapacityToken_InvalidClaim(account);
        }
        return _claim(account, to);
    }

    /// @inheritdoc IERC7943Fungible
    function forcedTransfer(address from, address to, uint256 amount) external onlyCompliance returns (bool) {
        if (from == to) revert ERC7943CannotTransfer(from, to, amount);
        if (!canReceive(to)) revert ERC7943CannotReceive(to);
        TokenAccount totals = _current();
        uint256 balance = _accounts[from].tokens();
        if (balance < amount) revert ERC20InsufficientBalance(from, balance, amount);
        uint256 unfrozen = _unfrozen(from);
        if (amount > unfrozen) _setFrozen(from, _frozen[from] - (amount - unfrozen));
        _accounts[from] = _checkpoint(from, totals).withTokens(balance - amount);
        _credit(to, totals, amount);
        emit Transfer(from, to, amount);
        emit ForcedTransfer(from, to, amount);
        return true;
    }

    /// @inheritdoc IERC7943Fungible
    function setFrozenTokens(address account, uint256 amount) external onlyCompliance returns (bool) {
        _setFrozen(account, amount);
        return true;
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
                allowed -= amount;
            }
            allowance[from][msg.sender] = allowed;
            emit Approval(from, msg.sender, allowed);
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

    /// @inheritdoc IERC7572
    function contractURI() external view returns (string memory) {
        return _metadata.uri(clusterId);
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(IERC165).interfaceId || interfaceId == type(IERC20).interfaceId
            || interfaceId == type(IERC20Metadata).interfaceId || interfaceId == type(IERC20Permit).interfaceId
            || interfaceId == type(IERC5267).interfaceId || interfaceId == type(IERC7572).interfaceId
            // `type` counts a parent's functions out, as the standard does.
            || interfaceId == type(IERC7943Fungible).interfaceId;
    }

    /// @inheritdoc IERC7943Fungible
    function canSend(address account) public view returns (bool) {
        return _compliance.canSend(account);
    }

    /// @inheritdoc IERC7943Fungible
    function canReceive(address account) public view returns (bool) {
        return _compliance.canReceive(policy, account);
    }

    /// @inheritdoc IERC7943Fungible
    function canTransfer(address from, address to, uint256 amount) external view returns (bool) {
        (bool maySend, bool mayReceive) = _compliance.eligible(policy, from, to);
        return maySend && mayReceive && (_frozen[from] == 0 || amount <= _unfrozen(from));
    }

    /// @inheritdoc IERC7943Fungible
    function getFrozenTokens(address account) external view returns (uint256) {
        return _frozen[account];
    }

    /// @inheritdoc ICapacityToken
    function claimable(address account) external view returns (uint256 cashAmount, uint256 reserveAmount) {
        (uint256 cashOwed, uint256 reserveOwed) = owedLedgerOf(account);
        return (cashOwed >> _cashShift, reserveOwed >> _reserveShift);
    }

    /// @inheritdoc ICapacityToken
    function owedLedgerOf(address account) public view returns (uint256 cashLedger, uint256 reserveLedger) {
        Owed memory owed = _owedAt(account, _current());
        return (owed.cash, owed.reserve);
    }

    /// @inheritdoc ICapacityToken
    function cashRevenue() external view returns (Revenue memory) {
        return _revenue(_cashLedger, _totals.cash(), _current().cash(), _cashShift);
    }

    /// @inheritdoc ICapacityToken
    function reserveRevenue() external view returns (Revenue memory) {
        return _revenue(_reserveLedger, _totals.reserve(), _current().reserve(), _reserveShift);
    }

    /// @inheritdoc ICapacityToken
    function trailingRevenue(uint256 daysBack) external view returns (uint256 cashPerToken, uint256 reservePerToken) {
        if (daysBack == 0 || daysBack >= RING) revert CapacityToken_InvalidPeriod(daysBack, RING - 1);
        uint256 today = block.timestamp / 1 days;
        for (uint256 day = today - daysBack; day <= today; ++day) {
            TokenAccount before = _days[day % RING];
            if (before.day() != uint16(day)) continue;
            TokenAccount totals = _current();
            return (
                (totals.cash() - before.cash()) * UNIT >> _cashShift,
                (totals.reserve() - before.reserve()) * UNIT >> _reserveShift
            );
        }
    }

    function _claim(address account, address to) private returns (uint256 cashAmount, uint256 reserveAmount) {
        TokenAccount totals = _current();
        Owed memory owed = _owedAt(account, totals);
        cashAmount = owed.cash >> _cashShift;
        reserveAmount = owed.reserve >> _reserveShift;
        owed.cash -= uint128(cashAmount << _cashShift);
        owed.reserve -= uint128(reserveAmount << _reserveShift);
        _owed[account] = owed;
        _accounts[account] = _accounts[account].withIndices(totals.indices());
        emit Claimed(account, to, cashAmount, reserveAmount);
        if (cashAmount != 0) _pay(cash, account, to, cashAmount);
        if (reserveAmount != 0) _pay(reserve, account, to, reserveAmount);
    }

    /// Pay out of the vault; or within it, which no coin can stop.
    function _pay(address coin, address account, address to, uint256 amount) private {
        if (to == address(_vault)) _vault.move(coin, account, amount);
        else _vault.withdraw(coin, to, amount);
    }

    function _transfer(address from, address to, uint256 amount) private {
        if (from == address(0)) revert ERC20InvalidSender(from);
        if (to == address(0)) revert ERC20InvalidReceiver(to);
        (bool maySend, bool mayReceive) = _compliance.eligible(policy, from, to);
        if (!maySend) revert ERC7943CannotSend(from);
        if (!mayReceive) revert ERC7943CannotReceive(to);
        TokenAccount totals = _current();
        _debit(from, totals, amount);
        _credit(to, totals, amount);
        emit Transfer(from, to, amount);
    }

    /// Take `amount` of what is not frozen.
    function _debit(address from, TokenAccount totals, uint256 amount) private {
        TokenAccount account = _checkpoint(from, totals);
        uint256 balance = account.tokens();
        if (balance < amount) revert ERC20InsufficientBalance(from, balance, amount);
        if (account.flags() != 0 && amount > _unfrozen(from)) {
            revert ERC7943InsufficientUnfrozenBalance(from, amount, _unfrozen(from));
        }
        unchecked {
            _accounts[from] = account.withTokens(balance - amount);
        }
    }

    function _credit(address to, TokenAccount totals, uint256 amount) private {
        TokenAccount account = _checkpoint(to, totals);
        unchecked {
            _accounts[to] = account.withTokens(account.tokens() + amount);
        }
    }

    /// What a signature used up is in the events too.
    function _useNonce(address account) internal override returns (uint256 nonce) {
        nonce = super._useNonce(account);
        emit NonceUsed(account, nonce);
    }

    /// Book what an account earned since its checkpoint. The caller must write the account as returned next.
    function _checkpoint(address address_, TokenAccount totals) private returns (TokenAccount account) {
        account = _accounts[address_];
        uint256 indices = totals.indices();
        if (account.indices() == indices) return account;
        if (account.tokens() != 0) _owed[address_] = _owedAt(address_, totals);
        return account.withIndices(indices);
    }

    /// Freeze an amount; the flag saves everybody else a look.
    function _setFrozen(address address_, uint256 amount) private {
        _frozen[address_] = amount;
        _accounts[address_] = _accounts[address_].withFlags(amount == 0 ? 0 : FROZEN);
        emit Frozen(address_, amount);
    }

    /// Write down what has vested, before the supply changes.
    function _settled() private returns (TokenAccount totals) {
        totals = _totals;
        uint256 flags = totals.flags();
        if (flags == 0) return totals;
        uint256 supply = totals.tokens();
        (uint256 cashStep, bool cashVests) = _cashLedger.add(0, 0, supply, _cashShift, flags & CASH_VESTS != 0);
        (uint256 reserveStep, bool reserveVests) =
            _reserveLedger.add(0, 0, supply, _reserveShift, flags & RESERVE_VESTS != 0);
        flags = (cashVests ? CASH_VESTS : 0) | (reserveVests ? RESERVE_VESTS : 0);
        return totals.grown(cashStep, reserveStep).withFlags(flags);
    }

    /// Before the first revenue of a day, keep how everything stood.
    function _rememberDay(TokenAccount totals) private returns (TokenAccount) {
        uint256 day = uint16(block.timestamp / 1 days); // comes round in 2149
        if (totals.day() == day) return totals;
        _days[day % RING] = _current().withDay(day);
        return totals.withDay(day);
    }

    function _approve(address owner, address spender, uint256 amount) private {
        if (spender == address(0)) revert ERC20InvalidSpender(spender);
        allowance[owner][spender] = amount;
        emit Approval(owner, spender, amount);
    }

    /// The supply and both indices now, with what has vested.
    function _current() private view returns (TokenAccount totals) {
        totals = _totals;
        uint256 flags = totals.flags();
        if (flags == 0) return totals;
        uint256 supply = totals.tokens();
        return totals.grown(
            flags & CASH_VESTS == 0 ? 0 : _cashLedger.growth(supply),
            flags & RESERVE_VESTS == 0 ? 0 : _reserveLedger.growth(supply)
        );
    }

    /// Flags of the currencies of which something is carried.
    function _carrying() private view returns (uint256) {
        return (_cashLedger.carried == 0 ? 0 : CASH_VESTS) | (_reserveLedger.carried == 0 ? 0 : RESERVE_VESTS);
    }

    function _owedAt(address address_, TokenAccount totals) private view returns (Owed memory owed) {
        TokenAccount account = _accounts[address_];
        owed = _owed[address_];
        owed.cash += uint128(account.tokens() * (totals.cash() - account.cash()));
        owed.reserve += uint128(account.tokens() * (totals.reserve() - account.reserve()));
    }

    function _unfrozen(address account) private view returns (uint256) {
        (uint256 balance, uint256 frozen) = (_accounts[account].tokens(), _frozen[account]);
        return frozen < balance ? balance - frozen : 0;
    }

    function _revenue(RevenueIndex.Ledger storage ledger, uint256 written, uint256 index, uint256 shift)
        private
        view
        returns (Revenue memory)
    {
        uint256 unvested = ledger.unvestedNow();
        return Revenue({
            index: index,
            total: ledger.total,
            carried: uint256(ledger.carried) + ledger.unvested - unvested - (index - written) * _totals.tokens(),
            unvested: unvested,
            vestedAt: ledger.until,
            held: ledger.held,
            shift: shift
        });
    }
}
