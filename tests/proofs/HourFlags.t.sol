// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {HourFlags} from "../../contracts/libraries/HourFlags.sol";

/// Any flags in the eight hours before and the eight after the border between two words of the bitmap, and a search
/// that begins in one of them or next to them, and ends anywhere in both words.
/// @custom:halmos --solver-timeout-branching 500
contract HourFlagsProofs {
    using HourFlags for HourFlags.Flags;

    HourFlags.Flags private _flags;

    uint256 private constant BEGIN = 248;
    uint256 private constant HOURS = 16;

    /// The result is flagged or the limit, and no hour from the first asked to it is flagged. Each hour that a search
    /// begins at is a path of its own.
    function check_nextIsTheFirst(uint16 flags, uint256 begin, uint256 limit) external {
        if (limit > 512) return;
        uint256 from = BEGIN - 1;
        while (from != begin) {
            if (++from > BEGIN + HOURS) return;
        }
        _enter(flags);
        uint256 found = _flags.next(from, limit);
        assert(found <= limit && (found >= from || found == limit));
        uint256 since = from > BEGIN ? from - BEGIN : 0;
        uint256 isAhead = uint256(flags) >> since << since;
        // Of the flags ahead, none below what was found; and that one, unless it is the limit.
        if (found < BEGIN || found >= BEGIN + HOURS) {
            assert(found == limit);
            assert(found < BEGIN || isAhead == 0);
        } else {
            assert(isAhead & ((1 << (found - BEGIN)) - 1) == 0);
            assert(found == limit || isAhead >> (found - BEGIN) & 1 != 0);
        }
    }

    function check_setFlagsOneHour(uint16 flags, uint8 hour, uint8 other) external {
        _enter(flags);
        bool before = _flags.get(other);
        _flags.set(hour);
        assert(_flags.get(hour));
        assert(other == hour || _flags.get(other) == before);
        assert(_flags.words[1] == flags >> 8);
    }

    function _enter(uint16 flags) private {
        _flags.words[0] = uint256(flags) << BEGIN;
        _flags.words[1] = flags >> 8;
    }
}
