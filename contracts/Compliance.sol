// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {ICapacityRegistry} from "./interfaces/ICapacityRegistry.sol";
import {ICompliance} from "./interfaces/ICompliance.sol";
import {IERC7943Fungible} from "./interfaces/IERC7943Fungible.sol";
import {Holder} from "./libraries/Holder.sol";

/// @title Compliance
/// @notice Trust: accredited issuers say who a holder is. The compliance role accredits and dismisses them, sets
/// policies, blocks, freezes and moves tokens; it can not touch what an account has earned, nor anything of a system
/// holder. The governor names system holders. Liveness: whoever wants to receive needs an issuer; whoever wants to
/// leave needs nobody.
contract Compliance is ICompliance, AccessManaged, EIP712 {
    struct Accreditation {
        address issuer;
        uint40 since;
    }

    /// @inheritdoc ICompliance
    uint256 public constant MAX_ISSUERS = 255;
    uint256 private constant LAST_JURISDICTION = 1023;
    uint256 private constant LAST_CLASS = 7;
    uint256 private constant LAST_POLICY = type(uint32).max;
    bytes32 private constant CREDENTIAL_TYPEHASH =
        keccak256("Credential(address holder,uint16 jurisdiction,uint8 class,uint40 issued,uint40 expires)");

    ICapacityRegistry private immutable _registry;

    /// Bit n for the issuer with the number n.
    uint256 private _accredited;
    uint256 private _accreditations;
    mapping(address issuer => uint256) private _numberOf;
    mapping(uint256 number => Accreditation) private _issuers;
    mapping(address account => Holder) private _holders;
    /// Sets of classes, those of 32 jurisdictions under one policy in a word.
    mapping(uint256 policyAndGroup => uint256) private _rules;

    constructor(address authority, ICapacityRegistry registry)
        AccessManaged(authority)
        EIP712("Wellhead Compliance", "1")
    {
        _registry = registry;
    }

    /// @inheritdoc ICompliance
    function present(address issuer, Credential calldata credential, bytes calldata signature) external {
        uint256 number = issuerNumberOf(issuer);
        if (number == 0) revert Compliance_NotAccredited(issuer);
        _requireJurisdiction(credential.jurisdiction);
        if (credential.class > LAST_CLASS) revert Compliance_InvalidClass(credential.class, LAST_CLASS);
        if (credential.holder == address(0)) revert Compliance_InvalidAccount(credential.holder);
        if (credential.expires <= block.timestamp) revert Compliance_Expired(credential.expires, block.timestamp);
        if (credential.issued > block.timestamp) {
            revert Compliance_NotYetIssued(credential.issued, block.timestamp);
        }
        Holder holder = _holders[credential.holder];
        if (credential.issued <= holder.issued()) revert Compliance_Outdated(credential.issued, holder.issued());
        uint256 since = _issuers[number].since;
        if (credential.issued < since) revert Compliance_BeforeAccreditation(credential.issued, since);
        if (!SignatureChecker.isValidSignatureNow(issuer, credentialDigest(credential), signature)) {
            revert Compliance_InvalidSignature(issuer);
        }
        _holders[credential.holder] = holder.withCredential(
            credential.expires, credential.issued, credential.jurisdiction, credential.class, number
        );
        emit CredentialPresented(
            credential.holder,
            issuer,
            credential.jurisdiction,
            credential.class,
            credential.issued,
            credential.expires
        );
    }

    /// @inheritdoc ICompliance
    function revoke(address account) external {
        Holder holder = _holders[account];
        uint256 number = issuerNumberOf(msg.sender);
        bool isOwn = number != 0 && number == holder.issuer();
        bool isValid = holder.expires() > block.timestamp && _isAccredited(holder.issuer());
        bool isFree = number != 0 && !isValid;
        if (!isOwn && !isFree) _checkCanCall(msg.sender, msg.data);
        _holders[account] = holder.revoked(block.timestamp);
        emit CredentialRevoked(account, msg.sender);
    }

    /// @inheritdoc ICompliance
    function accredit(address issuer) external restricted {
        if (issuer == address(0)) revert Compliance_InvalidAccount(issuer);
        if (issuerNumberOf(issuer) != 0) revert Compliance_AlreadyAccredited(issuer);
        if (_accreditations == MAX_ISSUERS) revert Compliance_TooManyIssuers(MAX_ISSUERS);
        uint256 number = ++_accreditations;
        _numberOf[issuer] = number;
        _issuers[number] = Accreditation(issuer, uint40(block.timestamp));
        _accredited |= 1 << number;
        emit IssuerAccredited(issuer, number);
    }

    /// @inheritdoc ICompliance
    function dismiss(address issuer) external restricted {
        uint256 number = issuerNumberOf(issuer);
        if (number == 0) revert Compliance_NotAccredited(issuer);
        _accredited &= ~(1 << number);
        emit IssuerDismissed(issuer, number);
    }

    /// @inheritdoc ICompliance
    function setRule(uint256 policy, uint256[] calldata jurisdictions, uint256 classes) external restricted {
        if (policy > LAST_POLICY) revert Compliance_InvalidPolicy(policy, LAST_POLICY);
        if (classes > type(uint8).max) revert Compliance_InvalidClass(classes, type(uint8).max);
        for (uint256 i; i < jurisdictions.length; ++i) {
            uint256 jurisdiction = jurisdictions[i];
            _requireJurisdiction(jurisdiction);
            uint256 shift = (jurisdiction & 31) << 3;
            uint256 key = _ruleKey(policy, jurisdiction);
            _rules[key] = (_rules[key] & ~(0xff << shift)) | (classes << shift);
            emit RuleSet(policy, jurisdiction, classes);
        }
    }

    /// @inheritdoc ICompliance
    function setBlocked(address account, bool isBlocked) external restricted {
        _requirePerson(account);
        _holders[account] = _holders[account].blocked(isBlocked);
        emit BlockedSet(account, isBlocked);
    }

    /// @inheritdoc ICompliance
    function addSystemHolder(address account) external restricted {
        if (account.code.length == 0) revert Compliance_NotContract(account);
        Holder holder = _holders[account];
        if (holder.isSystemHolder()) revert Compliance_SystemHolder(account);
        _holders[account] = holder.asSystemHolder();
        emit SystemHolderAdded(account);
    }

    /// @inheritdoc ICompliance
    function setFrozenTokens(uint256 clusterId, address account, uint256 amount) external restricted {
        // What was frozen before an account became a system holder can be set free.
        if (amount != 0 || account == address(0)) _requirePerson(account);
        _token(clusterId).setFrozenTokens(account, amount);
    }

    /// @inheritdoc ICompliance
    function forcedTransfer(uint256 clusterId, address from, address to, uint256 amount) external restricted {
        _requirePerson(from);
        _token(clusterId).forcedTransfer(from, to, amount);
    }

    /// @inheritdoc ICompliance
    function eligible(uint256 policy, address from, address to)
        external
        view
        returns (bool maySend, bool mayReceive)
    {
        return (canSend(from), canReceive(policy, to));
    }

    /// @inheritdoc ICompliance
    function canSend(address account) public view returns (bool) {
        return !_holders[account].isBlocked();
    }

    /// @inheritdoc ICompliance
    function canReceive(uint256 policy, address account) public view returns (bool) {
        Holder holder = _holders[account];
        if (holder.isSystemHolder()) return true;
        if (holder.isBlocked() || holder.expires() <= block.timestamp) return false;
        if (!_isAccredited(holder.issuer())) return false;
        return (_rule(policy, holder.jurisdiction()) >> holder.class()) & 1 == 1;
    }

    /// @inheritdoc ICompliance
    function standingOf(address account) external view returns (Standing memory) {
        Holder holder = _holders[account];
        return Standing({
            jurisdiction: holder.jurisdiction(),
            class: holder.class(),
            issued: holder.issued(),
            expires: holder.expires(),
            issuer: _issuers[holder.issuer()].issuer,
            isAccredited: _isAccredited(holder.issuer()),
            isBlocked: holder.isBlocked(),
            isSystemHolder: holder.isSystemHolder()
        });
    }

    /// @inheritdoc ICompliance
    function ruleOf(uint256 policy, uint256 jurisdiction) external view returns (uint256 classes) {
        if (policy > LAST_POLICY || jurisdiction > LAST_JURISDICTION) return 0;
        return _rule(policy, jurisdiction);
    }

    /// @inheritdoc ICompliance
    function issuerNumberOf(address issuer) public view returns (uint256 number) {
        number = _numberOf[issuer];
        if (!_isAccredited(number)) number = 0;
    }

    /// @inheritdoc ICompliance
    function credentialDigest(Credential calldata credential) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(CREDENTIAL_TYPEHASH, credential)));
    }

    function _isAccredited(uint256 number) private view returns (bool) {
        return (_accredited >> number) & 1 == 1;
    }

    /// No key is another's for policies and jurisdictions that there are.
    function _rule(uint256 policy, uint256 jurisdiction) private view returns (uint256 classes) {
        return uint8(_rules[_ruleKey(policy, jurisdiction)] >> ((jurisdiction & 31) << 3));
    }

    function _token(uint256 clusterId) private view returns (IERC7943Fungible token) {
        return IERC7943Fungible(_registry.clusterOf(clusterId).token);
    }

    function _requirePerson(address account) private view {
        if (account == address(0)) revert Compliance_InvalidAccount(account);
        if (_holders[account].isSystemHolder()) revert Compliance_SystemHolder(account);
    }

    function _ruleKey(uint256 policy, uint256 jurisdiction) private pure returns (uint256) {
        return policy << 5 | jurisdiction >> 5;
    }

    function _requireJurisdiction(uint256 jurisdiction) private pure {
        if (jurisdiction == 0 || jurisdiction > LAST_JURISDICTION) {
            revert Compliance_InvalidJurisdiction(jurisdiction, LAST_JURISDICTION);
        }
    }
}
