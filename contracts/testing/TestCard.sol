// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {CapacityCard} from "../libraries/CapacityCard.sol";
import {CardText} from "../libraries/CardText.sol";

/// @title TestCard: what CapacityCard and CardText write, for whatever they are given.
contract TestCard {
    /// @notice The document of a face.
    function json(CapacityCard.Face calldata face) external pure returns (string memory) {
        return CapacityCard.json(face);
    }

    /// @notice The picture of a face.
    function svg(CapacityCard.Face calldata face) external pure returns (string memory) {
        return CapacityCard.svg(face);
    }

    /// @notice A text between JSON's quotation marks.
    function jsonText(bytes calldata text) external pure returns (string memory) {
        return CardText.json(string(text));
    }

    /// @notice A text in an XML element.
    function xmlText(bytes calldata text) external pure returns (string memory) {
        return CardText.xml(string(text));
    }

    /// @notice A text that fits, and its size.
    function fit(bytes calldata text, uint256 room, uint256 most, uint256 least)
        external
        pure
        returns (string memory fitted, uint256 size)
    {
        return CardText.fit(string(text), room, most, least);
    }

    /// @notice An amount, exactly.
    function exact(uint256 value, uint256 decimals) external pure returns (string memory) {
        return CardText.exact(value, decimals);
    }

    /// @notice An amount for the eye.
    function rounded(uint256 value, uint256 decimals, uint256 least) external pure returns (string memory) {
        return CardText.rounded(value, decimals, least);
    }

    /// @notice Millionths as a percentage.
    function percent(uint256 part) external pure returns (string memory) {
        return CardText.percent(part);
    }

    /// @notice A number with separators of thousands.
    function grouped(uint256 value) external pure returns (string memory) {
        return CardText.grouped(value);
    }
}
