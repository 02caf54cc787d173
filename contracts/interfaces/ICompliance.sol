// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title Compliance: who may hold capacity tokens.
/// @notice Accredited issuers sign credentials; anyone brings them on chain. A policy says which classes of holders of
/// which jurisdictions may receive the tokens of the clusters that follow it. Whoever has no valid credential any more
/// can still send, so nobody is locked in; only a block, or a freeze in one token, stops that. System holders, such as
/// pools and wrappers, need no credential and can be neither blocked, nor frozen, nor taken from, for ever.
///
/// Jurisdictions are ISO 3166-1 numeric codes, 1 to 1023; classes are numbers 0 to 7, and sets of classes are bits.
interface ICompliance {
    /// @notice What an issuer says of a holder.
    /// @param holder Whom it is about.
    /// @param jurisdiction Where the holder belongs, ISO 3166-1 numeric.
    /// @param class What kind of holder it is, 0 to 7: 0 retail, 1 professional, 2 accredited, 3 institution; the rest
    /// is for policies to give a meaning.
    /// @param issued When it was said, unix time; a later word replaces an earlier one.
    /// @param expires Until when it holds, unix time, exclusive.
    struct Credential {
        address holder;
        uint16 jurisdiction;
        uint8 class;
        uint40 issued;
        uint40 expires;
    }

    /// @notice What is known of an account.
    /// @param issuer Who issued the credential; zero for none.
    /// @param isAccredited Whether that issuer's credentials count.
    /// @param isBlocked Whether the account may neither send nor receive any cluster's tokens.
    /// @param isSystemHolder Whether it is a system holder.
    struct Standing {
        uint256 jurisdiction;
        uint256 class;
        uint256 issued;
        uint256 expires;
        address issuer;
        bool isAccredited;
        bool isBlocked;
        bool isSystemHolder;
    }

    /// @notice An issuer's credentials count from now on; it gets `number`.
    event IssuerAccredited(address indexed issuer, uint256 number);
    /// @notice None of the credentials of an issuer counts any more.
    event IssuerDismissed(address indexed issuer, uint256 number);
    /// @notice A holder has this credential now.
    event CredentialPresented(
        address indexed holder,
        address indexed issuer,
        uint256 jurisdiction,
        uint256 class,
        uint256 issued,
        uint256 expires
    );
    /// @notice A holder has no credential any more, and none that was issued up to now can be presented.
    event CredentialRevoked(address indexed holder, address indexed by);
    /// @notice Holders of this jurisdiction may receive under this policy when their class is in the set `classes`.
    event RuleSet(uint256 indexed policy, uint256 indexed jurisdiction, uint256 classes);
    /// @notice An account may not send or receive any more, or may again.
    event BlockedSet(address indexed account, bool isBlocked);
    /// @notice An account is a system holder for ever.
    event SystemHolderAdded(address indexed account);

    /// @notice The issuer is not accredited.
    error Compliance_NotAccredited(address issuer);
    /// @notice The issuer is accredited already.
    error Compliance_AlreadyAccredited(address issuer);
    /// @notice There is no number left for another issuer.
    error Compliance_TooManyIssuers(uint256 limit);
    /// @notice The issuer did not sign this.
    error Compliance_InvalidSignature(address issuer);
    /// @notice The credential ended before now.
    error Compliance_Expired(uint256 expires, uint256 timestamp);
    /// @notice The credential is from the future.
    error Compliance_NotYetIssued(uint256 issued, uint256 timestamp);
    /// @notice The credential was issued before its issuer was accredited, or accredited again.
    error Compliance_BeforeAccreditation(uint256 issued, uint256 since);
    /// @notice The holder has a credential, or a revocation, that is not older.
    error Compliance_Outdated(uint256 issued, uint256 latest);
    /// @notice There is no such jurisdiction; the last is `limit`.
    error Compliance_InvalidJurisdiction(uint256 jurisdiction, uint256 limit);
    /// @notice There is no such policy; the last is `limit`.
    error Compliance_InvalidPolicy(uint256 policy, uint256 limit);
    /// @notice There is no such class, or set of classes; the last is `limit`.
    error Compliance_InvalidClass(uint256 class, uint256 limit);
    /// @notice This account can not be meant.
    error Compliance_InvalidAccount(address account);
    /// @notice A system holder can not be blocked, frozen or taken from.
    error Compliance_SystemHolder(address account);
    /// @notice A system holder must be a contract.
    error Compliance_NotContract(address account);

    /// @notice Most accreditations there can ever be.
    function MAX_ISSUERS() external view returns (uint256);

    /// @notice Bring a credential on chain.
    /// @dev Anyone may call. The signature is the issuer's, ECDSA or ERC-1271, over `credentialDigest`. It must be
    /// newer than the holder's last one and than its last revocation, so none counts twice, and not older than the
    /// issuer's accreditation.
    function present(address issuer, Credential calldata credential, bytes calldata signature) external;

    /// @notice Take a holder's credential away, and make void whatever was issued for it up to now.
    /// @dev Only the issuer of the credential while it is accredited, any accredited issuer where none is valid, or the
    /// compliance role.
    function revoke(address holder) external;

    /// @notice Let an issuer's credentials count; those from before a dismissal stay void.
    /// @dev Only the compliance role.
    function accredit(address issuer) external;

    /// @notice Make all credentials of an issuer void at once.
    /// @dev Only the compliance role.
    function dismiss(address issuer) external;

    /// @notice Let holders of these jurisdictions receive under a policy when their class is in the set `classes`.
    /// @dev Only the compliance role. Nobody loses tokens by a rule; who is not eligible any more can only send.
    /// @param classes Bit n for class n; 0 for nobody.
    function setRule(uint256 policy, uint256[] calldata jurisdictions, uint256 classes) external;

    /// @notice Forbid an account to send and to receive the tokens of all clusters, or allow it again.
    /// @dev Only the compliance role. Revenue can be claimed all the same.
    function setBlocked(address account, bool isBlocked) external;

    /// @notice Make a contract a system holder, for ever.
    /// @dev Only the governor.
    function addSystemHolder(address account) external;

    /// @notice Freeze `amount` of an account's tokens of a cluster, instead of what was frozen before.
    /// @dev Only the compliance role. May exceed the balance: what comes later is frozen too. Revenue is not touched.
    /// Of a system holder only 0: what was frozen before it became one can be set free.
    function setFrozenTokens(uint256 clusterId, address account, uint256 amount) external;

    /// @notice Take tokens of a cluster from one account and give them to another, which must be allowed to receive.
    /// @dev Only the compliance role. What the first account earned until now stays its own.
    function forcedTransfer(uint256 clusterId, address from, address to, uint256 amount) external;

    /// @notice Whether `from` may send and `to` may receive the tokens of clusters that follow `policy`.
    function eligible(uint256 policy, address from, address to) external view returns (bool maySend, bool mayReceive);

    /// @notice Whether an account may send tokens.
    function canSend(address account) external view returns (bool);

    /// @notice Whether an account may receive the tokens of clusters that follow `policy`.
    function canReceive(uint256 policy, address account) external view returns (bool);

    /// @notice What is known of an account.
    function standingOf(address account) external view returns (Standing memory);

    /// @notice The classes that may receive under a policy, of one jurisdiction; bit n for class n.
    function ruleOf(uint256 policy, uint256 jurisdiction) external view returns (uint256 classes);

    /// @notice The number of an accredited issuer; 0 when it is not accredited.
    function issuerNumberOf(address issuer) external view returns (uint256);

    /// @notice The EIP-712 digest that the issuer of a credential signs.
    function credentialDigest(Credential calldata credential) external view returns (bytes32);
}
