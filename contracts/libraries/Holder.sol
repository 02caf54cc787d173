// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// What is known of an account, in one word. From the lowest bit: expires 40, issued 40, jurisdiction 16, class 8,
/// number of the issuer 8, blocked 1, system holder 1.
type Holder is uint256;

using HolderLib for Holder global;

/// @title HolderLib: reads and writes the parts of a Holder.
/// @notice By hand, because every transfer reads two of them.
library HolderLib {
    uint256 private constant BLOCKED = 1 << 112;
    uint256 private constant SYSTEM = 1 << 113;

    function expires(Holder self) internal pure returns (uint256) {
        return uint40(Holder.unwrap(self));
    }

    function issued(Holder self) internal pure returns (uint256) {
        return uint40(Holder.unwrap(self) >> 40);
    }

    function jurisdiction(Holder self) internal pure returns (uint256) {
        return uint16(Holder.unwrap(self) >> 80);
    }

    function class(Holder self) internal pure returns (uint256) {
        return uint8(Holder.unwrap(self) >> 96);
    }

    function issuer(Holder self) internal pure returns (uint256) {
        return uint8(Holder.unwrap(self) >> 104);
    }

    function isBlocked(Holder self) internal pure returns (bool) {
        return Holder.unwrap(self) & BLOCKED != 0;
    }

    function isSystemHolder(Holder self) internal pure returns (bool) {
        return Holder.unwrap(self) & SYSTEM != 0;
    }

    /// @notice The same with another credential.
    function withCredential(
        Holder self,
        uint256 expires_,
        uint256 issued_,
        uint256 jurisdiction_,
        uint256 class_,
        uint256 issuer_
    ) internal pure returns (Holder) {
        uint256 flags = Holder.unwrap(self) & (BLOCKED | SYSTEM);
        return Holder.wrap(flags | expires_ | issued_ << 40 | jurisdiction_ << 80 | class_ << 96 | issuer_ << 104);
    }

    /// @notice The same without a credential, as of `issued_`.
    function revoked(Holder self, uint256 issued_) internal pure returns (Holder) {
        return self.withCredential(0, issued_, self.jurisdiction(), self.class(), self.issuer());
    }

    function blocked(Holder self, bool isBlocked_) internal pure returns (Holder) {
        uint256 word = Holder.unwrap(self);
        return Holder.wrap(isBlocked_ ? word | BLOCKED : word & ~BLOCKED);
    }

    /// @notice A system holder, and not blocked.
    function asSystemHolder(Holder self) internal pure returns (Holder) {
        return Holder.wrap((Holder.unwrap(self) | SYSTEM) & ~BLOCKED);
    }
}
