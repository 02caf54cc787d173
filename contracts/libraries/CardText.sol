// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {LibString} from "solady/utils/LibString.sol";

/// @title CardText: texts and numbers for a JSON document and for an SVG picture.
/// @notice Texts are somebody else's: any bytes at all. What is not UTF-8 becomes U+FFFD, one for each maximal part of
/// a character, as the Unicode standard recommends and browsers do.
library CardText {
    using LibString for uint256;
    using LibString for string;

    /// The replacement character and the ellipsis, as UTF-8.
    string private constant UNKNOWN = unicode"\ufffd";
    string private constant ELLIPSIS = unicode"\u2026";
    /// Widths of the characters from space to tilde in DejaVu Sans Bold, which is a wide face, hundredths of an em.
    bytes private constant WIDTHS =
        hex"232e35544665581f2e2e3554262a26254646464646464646464628285454543b644e4d4a54454553552626"
        hex"4e406454564a564e4945524e6f4e49492e252e54323244483c48442c4848232343236948454848323c3048425d41423b48254854";
    /// Width of any other character; what is wider still is cut off by the picture.
    uint256 private constant WIDE = 112;
    uint256 private constant MOST_PLACES = 8;

    /// @notice A text to stand between quotation marks in JSON.
    function json(string memory text) internal pure returns (string memory) {
        return _readable(bytes(text), false).escapeJSON();
    }

    /// @notice A text to stand in an XML element. What XML does not allow, and what would hide or turn other
    /// characters, is replaced like what is no UTF-8.
    function xml(string memory text) internal pure returns (string memory) {
        return _readable(bytes(text), true).escapeHTML();
    }

    /// @notice Cut a text so that it fits, and choose its size.
    /// @param room Width there is, points.
    /// @param most Largest font size, tenths of a point.
    /// @param least Smallest font size; what does not fit then is cut off, with an ellipsis.
    /// @return fitted The text, to be escaped yet.
    /// @return size Font size, tenths of a point.
    function fit(string memory text, uint256 room, uint256 most, uint256 least)
        internal
        pure
        returns (string memory fitted, uint256 size)
    {
        uint256 limit = room * 1000 / least;
        bytes memory raw = bytes(text);
        uint256 width;
        uint256 cut;
        for (uint256 i; i < raw.length;) {
            if (width + WIDE <= limit) cut = i;
            width += _widthOf(raw[i]);
            if (width > limit) return (string.concat(text.slice(0, cut), ELLIPSIS), least);
            (, uint256 length,) = _character(raw, i);
            i += length;
        }
        size = width == 0 ? most : room * 1000 / width;
        return (text, size > most ? most : size);
    }

    /// @notice Width of a text, hundredths of its font size.
    function widthOf(string memory text) internal pure returns (uint256 width) {
        bytes memory raw = bytes(text);
        for (uint256 i; i < raw.length;) {
            width += _widthOf(raw[i]);
            (, uint256 length,) = _character(raw, i);
            i += length;
        }
    }

    /// @notice An amount exactly, in whole coins: no trailing zeros, no separators.
    /// @param decimals Digits after the point of `value`; at most 70.
    function exact(uint256 value, uint256 decimals) internal pure returns (string memory) {
        uint256 scale = 10 ** decimals;
        return string.concat((value / scale).toString(), _fraction(value % scale, decimals, 0));
    }

    /// @notice An amount for the eye, rounded half up, with separators of thousands: two digits after the point from 1
    /// on and none from 100,000 on; below 1 three digits that are not leading zeros, and eight at most. From a billion
    /// on in billions (bn), from a trillion on in trillions (tn).
    /// @param decimals Digits after the point of `value`; at most 50.
    /// @param least Digits after the point that are shown even as zeros, below 100,000.
    function rounded(uint256 value, uint256 decimals, uint256 least) internal pure returns (string memory) {
        uint256 scale = 10 ** decimals;
        if (value >= scale * 1e12) return string.concat(_rounded(value, decimals + 12, 2, 0), " tn");
        if (value >= scale * 1e9) return string.concat(_rounded(value, decimals + 9, 2, 0), " bn");
        if (value >= scale * 1e5) return _rounded(value, decimals, 0, 0);
        if (value >= scale) return _rounded(value, decimals, 2, least);
        uint256 places = 3;
        for (uint256 next = scale / 10; value < next && places < MOST_PLACES; next /= 10) {
            ++places;
        }
        if (value != 0 && _rounded(value, decimals, places, 0).eq("0")) return "<0.00000001";
        return _rounded(value, decimals, places, least);
    }

    /// @notice Millionths as a percentage with a digit after the point, rounded down, so that only all is 100.
    function percent(uint256 part) internal pure returns (string memory) {
        string memory tenths = part % 1_000_000 == 0 ? "" : _fraction(part / 1000 % 10, 1, 1);
        return string.concat((part / 10_000).toString(), tenths);
    }

    /// @notice A number with separators of thousands.
    function grouped(uint256 value) internal pure returns (string memory text) {
        text = value.toString();
        for (uint256 at = bytes(text).length; at > 3;) {
            at -= 3;
            text = string.concat(text.slice(0, at), ",", text.slice(at));
        }
    }

    function _rounded(uint256 value, uint256 decimals, uint256 places, uint256 least)
        private
        pure
        returns (string memory)
    {
        if (places < decimals) {
            uint256 step = 10 ** (decimals - places);
            value = value / step + (value % step * 2 < step ? 0 : 1);
            decimals = places;
        }
        uint256 scale = 10 ** decimals;
        return string.concat(grouped(value / scale), _fraction(value % scale, decimals, least));
    }

    /// The point and what follows it, without trailing zeros but for `least` digits; nothing for nothing.
    function _fraction(uint256 rest, uint256 digits, uint256 least) private pure returns (string memory) {
        while (digits > least && rest % 10 == 0) {
            rest /= 10;
            --digits;
        }
        if (digits < least) (rest, digits) = (rest * 10 ** (least - digits), least);
        if (digits == 0) return "";
        string memory text = rest.toString();
        return string.concat(".", string("0").repeat(digits - bytes(text).length), text);
    }

    /// Width of the character that begins with this byte, hundredths of its font size.
    function _widthOf(bytes1 first) private pure returns (uint256) {
        uint256 code = uint8(first);
        return code < 0x20 || code > 0x7e ? WIDE : uint8(WIDTHS[code - 0x20]);
    }

    /// The text with every character replaced that is not UTF-8 or, if `isShown`, that a picture can not show.
    function _readable(bytes memory text, bool isShown) private pure returns (string memory result) {
        uint256 kept;
        for (uint256 i; i < text.length;) {
            (uint256 code, uint256 length, bool isValid) = _character(text, i);
            if (!isValid || (isShown && _isHidden(code))) {
                result = string.concat(result, string(text).slice(kept, i), UNKNOWN);
                kept = i + length;
            }
            i += length;
        }
        return string.concat(result, string(text).slice(kept));
    }

    /// The character that begins at byte `i`, and how many bytes it has; of what is none, the bytes that could have
    /// begun one.
    function _character(bytes memory text, uint256 i)
        private
        pure
        returns (uint256 code, uint256 length, bool isValid)
    {
        code = uint8(text[i]);
        if (code < 0x80) return (code, 1, true);
        if (code < 0xc2 || code > 0xf4) return (0, 1, false);
        // Bounds of the second byte keep out what is too long, surrogates, and what is beyond the last character.
        uint256 low = code == 0xe0 ? 0xa0 : code == 0xf0 ? 0x90 : 0x80;
        uint256 high = code == 0xed ? 0x9f : code == 0xf4 ? 0x8f : 0xbf;
        uint256 more = code < 0xe0 ? 1 : code < 0xf0 ? 2 : 3;
        code &= 0x3f >> more;
        for (length = 1; length <= more; ++length) {
            if (i + length == text.length) return (0, length, false);
            uint256 next = uint8(text[i + length]);
            if (next < low || next > high) return (0, length, false);
            code = code << 6 | (next & 0x3f);
            (low, high) = (0x80, 0xbf);
        }
        return (code, length, true);
    }

    /// Controls and non-characters, which XML does not know, and what is not seen but turns or breaks a line.
    function _isHidden(uint256 code) private pure returns (bool) {
        return code < 0x20 || (code > 0x7e && code < 0xa0) || code == 0x61c || code == 0x200e || code == 0x200f
            || (code > 0x2027 && code < 0x202f) || (code > 0x2065 && code < 0x206a) || code & 0xfffe == 0xfffe;
    }
}
