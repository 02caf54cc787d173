// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Base64} from "solady/utils/Base64.sol";
import {DateTimeLib} from "solady/utils/DateTimeLib.sol";
import {LibString} from "solady/utils/LibString.sol";
import {ICapacityMetadata} from "../interfaces/ICapacityMetadata.sol";
import {CardText} from "./CardText.sol";

/// @title CapacityCard: writes what is known of a cluster as a JSON document and as an SVG picture.
/// @notice The document is exact; the picture rounds. Both are well-formed whatever the texts hold: see CardText. On
/// the picture, texts that others chose are cut at the edges of their place too, so that none covers another.
library CapacityCard {
    using LibString for uint256;
    using CardText for string;
    using CardText for uint256;

    struct Coin {
        string symbol;
        uint256 decimals;
    }

    /// All that a document and a picture show.
    /// @param timestamp When, unix time.
    struct Face {
        uint256 clusterId;
        uint256 timestamp;
        uint256 kind;
        string name;
        string symbol;
        string sku;
        string region;
        Coin cash;
        Coin reserve;
        ICapacityMetadata.Figures figures;
    }

    /// A place for a text, points: where its line begins, or ends if `atEnd`, how much room it has, and how large its
    /// letters may be.
    struct Place {
        uint256 x;
        uint256 y;
        uint256 room;
        uint256 most;
        bool atEnd;
    }

    uint256 private constant Q = 1e6;
    uint256 private constant HOUR = 3600;
    /// Digits after the point of work per joule.
    uint256 private constant DIGITS = 6;
    uint256 private constant TWO_DAYS_HOURS = 48;

    /// The picture's grid, points: three columns.
    uint256 private constant LEFT = 28;
    uint256 private constant MIDDLE = 174;
    uint256 private constant RIGHT = 320;
    uint256 private constant END = 452;
    uint256 private constant COLUMN = 132;
    string private constant NOTHING = unicode"\u2013";

    /// Faces and colours. The light mode's stand by themselves, for viewers that do not know of modes.
    string private constant STYLE =
        "<style>text{font-family:ui-sans-serif,system-ui,-apple-system,sans-serif;fill:#14202b}"
        ".m{font-weight:400;fill:#566370}.b{font-weight:600}.n{text-anchor:end}.p{text-anchor:middle}"
        ".k{font-weight:600;letter-spacing:1px;fill:#0f766e}.a{fill:#0f766e}.w{fill:#b45309}.r{fill:#e3e8ec}"
        ".c{fill:#fff;stroke:#d5dbe1}.l{fill:none;stroke:#e3e8ec}.g{fill:none;stroke:#0f766e}"
        "@media(prefers-color-scheme:dark){text{fill:#f1f5f9}.m{fill:#9aa7b4}.k,.a{fill:#2dd4bf}.w{fill:#fbbf24}"
        ".r{fill:#26303a}.c{fill:#0e141b;stroke:#323c47}.l{stroke:#26303a}.g{stroke:#2dd4bf}}</style>";
    string private constant OPEN = '<svg xmlns="http://www.w3.org/2000/svg" width="480" height="300" '
        'viewBox="0 0 480 300" role="img"><title>';
    string private constant FRAME = '<rect x="1" y="1" width="478" height="298" rx="14" class="c" stroke-width="1.5"/>'
        '<path d="M34 24v5m0 10v5M29 34a5 5 0 1 0 10 0a5 5 0 1 0-10 0" class="g" stroke-width="2"/>'
        '<path d="M28 107H452M28 214H452" class="l"/>';

    /// @notice The document: ERC-7572's own fields, and the figures as `properties`. Money is in whole coins, shares
    /// are parts of 1; both are decimal strings, null where there is nothing to say.
    function json(Face memory face) internal pure returns (string memory) {
        string memory image = string.concat("data:image/svg+xml;base64,", Base64.encode(bytes(svg(face))));
        string memory head = string.concat(
            '{"name":"',
            face.name.json(),
            '","symbol":"',
            face.symbol.json(),
            '","description":"',
            _description(face),
            '","image":"',
            image
        );
        return string.concat(head, '","properties":{', _identity(face), ",", _market(face), ",", _record(face), "}}");
    }

    /// @notice The picture, 480 by 300 points.
    function svg(Face memory face) internal pure returns (string memory) {
        string memory head = string.concat(OPEN, face.name.xml(), " (", face.symbol.xml(), ")</title>", STYLE, FRAME);
        return string.concat(head, _heading(face), _numbers(face), _bars(face.figures), _foot(face), "</svg>");
    }

    function _description(Face memory face) private pure returns (string memory) {
        string memory place = string.concat(face.sku.json(), " in ", face.region.json());
        string memory coins = string.concat(face.cash.symbol.json(), " and in ", face.reserve.symbol.json());
        return string.concat(
            "Wellhead cluster ",
            face.clusterId.toString(),
            ": ",
            place,
            ". One token is one attested unit of it, ",
            _unit(face.kind),
            ", and earns its share of the rent in ",
            coins,
            "."
        );
    }

    function _identity(Face memory face) private pure returns (string memory) {
        string memory what = string.concat(
            _number("clusterId", face.clusterId),
            ",",
            _string("kind", _kind(face.kind)),
            ",",
            _string("sku", face.sku.json()),
            ",",
            _string("region", face.region.json()),
            ",",
            _string("unit", _unit(face.kind))
        );
        string memory now_ = string.concat(
            _number("timestamp", face.timestamp),
            ",",
            _number("units", face.figures.units),
            ",",
            _number("unitsSellable", face.figures.sellable),
            ",",
            _number("unitsBooked", face.figures.booked)
        );
        return string.concat(what, ",", now_);
    }

    function _market(Face memory face) private pure returns (string memory) {
        ICapacityMetadata.Figures memory f = face.figures;
        string memory now_ = string.concat(
            _string("cash", face.cash.symbol.json()),
            ",",
            _string("reserve", face.reserve.symbol.json()),
            ",",
            _known("pricePerUnitHour", f.price.exact(face.cash.decimals), f.units != 0),
            ",",
            _known("bookedUtilization", _share(f.booked, f.units).exact(6), f.units != 0)
        );
        return string.concat(
            now_,
            ",",
            _number("weightedAverageRemainingLeaseTermHours", f.remaining),
            ",",
            _string("cashPerUnit30Days", f.cash.exact(face.cash.decimals)),
            ",",
            _string("reservePerUnit30Days", f.reserve.exact(face.reserve.decimals))
        );
    }

    function _record(Face memory face) private pure returns (string memory) {
        ICapacityMetadata.Figures memory f = face.figures;
        string memory measured = string.concat(
            f.hour == 0 ? '"measuredFrom":null' : _number("measuredFrom", f.hour * HOUR),
            ",",
            _known("measuredUtilization", f.measured.exact(6), f.hour != 0),
            ",",
            _known("served", f.served.exact(6), f.bookedThen != 0),
            ",",
            _number("unitsBookedThen", f.bookedThen)
        );
        return string.concat(
            measured,
            ",",
            _known("work", f.work.toString(), f.energy != 0),
            ",",
            _known("joules", f.energy.toString(), f.energy != 0),
            ",",
            _known("workPerJoule", _perJoule(f).exact(DIGITS), f.energy != 0),
            ",",
            _string("workUnit", _work(face.kind))
        );
    }

    function _heading(Face memory face) private pure returns (string memory) {
        string memory kind = string.concat("WELLHEAD ", _capitals(face.kind));
        return string.concat(
            _fixed(46, 38, "k", 100, kind),
            _fit(Place(END, 38, 150, 14, true), "b n", face.symbol),
            _fit(Place(LEFT, 70, END - LEFT, 24, false), "b", face.name),
            _fit(Place(LEFT, 91, 278, 13, false), "m", face.sku),
            _fit(Place(END, 91, 138, 13, true), "m n", face.region)
        );
    }

    function _numbers(Face memory face) private pure returns (string memory) {
        ICapacityMetadata.Figures memory f = face.figures;
        bool isUp = f.units != 0;
        string memory money = string.concat(
            _label(LEFT, 127, "Price per unit-hour"),
            _amount(LEFT, 150, isUp ? f.price.rounded(face.cash.decimals, 2) : NOTHING, isUp ? face.cash.symbol : ""),
            _label(MIDDLE, 127, "Earned per unit in 30 days"),
            _amount(MIDDLE, 150, f.cash.rounded(face.cash.decimals, 2), face.cash.symbol),
            _fixed(RIGHT - 8, 149, "m p", 120, "+"),
            _amount(RIGHT, 150, f.reserve.rounded(face.reserve.decimals, 0), face.reserve.symbol)
        );
        return string.concat(money, _stock(f, face.kind), _term(f), _efficiency(f, face.kind));
    }

    function _stock(ICapacityMetadata.Figures memory f, uint256 kind) private pure returns (string memory) {
        string memory unit = kind == 0 ? "GPU" : kind == 1 ? "k token/s" : "node";
        if (f.units != 1 && kind != 1) unit = string.concat(unit, "s");
        return string.concat(_label(LEFT, 177, "Attested capacity"), _amount(LEFT, 200, f.units.grouped(), unit));
    }

    function _term(ICapacityMetadata.Figures memory f) private pure returns (string memory) {
        bool isLong = f.remaining >= TWO_DAYS_HOURS;
        string memory term = isLong ? ((f.remaining * 10 + 12) / 24).exact(1) : f.remaining.toString();
        return string.concat(
            _label(MIDDLE, 177, "Average lease left"),
            _amount(MIDDLE, 200, f.booked == 0 ? NOTHING : term, f.booked == 0 ? "" : isLong ? "days" : "h")
        );
    }

    function _efficiency(ICapacityMetadata.Figures memory f, uint256 kind) private pure returns (string memory) {
        bool isKnown = f.energy != 0;
        return string.concat(
            _label(RIGHT, 177, "Efficiency"),
            _amount(
                RIGHT,
                200,
                isKnown ? _perJoule(f).rounded(DIGITS, 0) : NOTHING,
                isKnown ? string.concat(_work(kind), "/J") : ""
            )
        );
    }

    function _bars(ICapacityMetadata.Figures memory f) private pure returns (string memory) {
        return string.concat(
            _bar(LEFT, "Booked now", _share(f.booked, f.units), f.units != 0, "a"),
            _bar(MIDDLE, "Measured", f.measured, f.hour != 0, "a"),
            _bar(RIGHT, "Served", f.served, f.bookedThen != 0, f.served < Q ? "w" : "a")
        );
    }

    function _foot(Face memory face) private pure returns (string memory) {
        uint256 begin = face.figures.hour * HOUR;
        string memory record = begin == 0
            ? "Nothing measured yet"
            : string.concat("Measured ", _date(begin), " ", _time(begin), " to ", _time(begin + HOUR), " UTC");
        string memory now_ = string.concat("As of ", _date(face.timestamp), " ", _time(face.timestamp), " UTC");
        return string.concat(_fixed(LEFT, 276, "m", 100, record), _fixed(END, 276, "m n", 100, now_));
    }

    function _label(uint256 x, uint256 y, string memory text) private pure returns (string memory) {
        return _fixed(x, y, "m", 110, text);
    }

    /// A number with its unit in a column; the unit is cut first.
    function _amount(uint256 x, uint256 y, string memory number, string memory unit)
        private
        pure
        returns (string memory)
    {
        uint256 size;
        (unit, size) = unit.fit(COLUMN / 2, 110, 90);
        uint256 room = COLUMN - 6 - unit.widthOf() * size / 1000;
        string memory tail = string.concat('<tspan class="m" dx="5" font-size="', size.exact(1), '">', unit.xml());
        (number, size) = number.fit(room, 200, 60);
        return _clipped(Place(x, y, COLUMN, 20, false), size, "b", string.concat(number.xml(), tail, "</tspan>"));
    }

    /// A text of somebody else's, made to fit.
    function _fit(Place memory place, string memory class, string memory text) private pure returns (string memory) {
        (string memory fitted, uint256 size) = text.fit(place.room, place.most * 10, 90);
        return _clipped(place, size, class, fitted.xml());
    }

    /// A text that is not seen beyond its place.
    function _clipped(Place memory place, uint256 size, string memory class, string memory text)
        private
        pure
        returns (string memory)
    {
        string memory window = string.concat(
            '<svg x="',
            (place.atEnd ? place.x - place.room : place.x).toString(),
            '" y="',
            (place.y - place.most).toString(),
            '" width="',
            place.room.toString(),
            '" height="',
            (place.most * 13).exact(1),
            '">'
        );
        string memory line = _line(place.atEnd ? "100%" : "0", place.most.toString(), class, size, text);
        return string.concat(window, line, "</svg>");
    }

    /// A text of ours.
    function _fixed(uint256 x, uint256 y, string memory class, uint256 size, string memory text)
        private
        pure
        returns (string memory)
    {
        return _line(x.toString(), y.toString(), class, size, text);
    }

    /// `size` is in tenths of a point.
    function _line(string memory x, string memory y, string memory class, uint256 size, string memory text)
        private
        pure
        returns (string memory)
    {
        string memory at = string.concat('<text x="', x, '" y="', y, '" font-size="', size.exact(1));
        return string.concat(at, '" class="', class, '">', text, "</text>");
    }

    /// A bar for a part of Q.
    function _bar(uint256 x, string memory label, uint256 part, bool isKnown, string memory colour)
        private
        pure
        returns (string memory)
    {
        string memory value = isKnown ? string.concat(part.percent(), " %") : NOTHING;
        uint256 length = isKnown ? COLUMN * (part < Q ? part : Q) / Q : 0;
        return string.concat(
            _label(x, 238, label),
            _fixed(x + COLUMN, 238, "b n", 120, value),
            _stripe(x, COLUMN, "r"),
            length == 0 ? "" : _stripe(x, length, colour)
        );
    }

    function _stripe(uint256 x, uint256 length, string memory colour) private pure returns (string memory) {
        string memory at = string.concat('<rect x="', x.toString(), '" y="247" width="', length.toString());
        return string.concat(at, '" height="6" rx="3" class="', colour, '"/>');
    }

    function _date(uint256 timestamp) private pure returns (string memory) {
        (uint256 year, uint256 month, uint256 day) = DateTimeLib.timestampToDate(timestamp);
        return string.concat(year.toString(), "-", _two(month), "-", _two(day));
    }

    function _time(uint256 timestamp) private pure returns (string memory) {
        return string.concat(_two(timestamp / HOUR % 24), ":", _two(timestamp % HOUR / 60));
    }

    function _two(uint256 value) private pure returns (string memory) {
        return string.concat(value < 10 ? "0" : "", value.toString());
    }

    function _share(uint256 part, uint256 whole) private pure returns (uint256) {
        return whole == 0 ? 0 : part * Q / whole;
    }

    function _perJoule(ICapacityMetadata.Figures memory f) private pure returns (uint256) {
        return f.energy == 0 ? 0 : f.work * 10 ** DIGITS / f.energy;
    }

    function _string(string memory key, string memory value) private pure returns (string memory) {
        return string.concat('"', key, '":"', value, '"');
    }

    function _number(string memory key, uint256 value) private pure returns (string memory) {
        return string.concat('"', key, '":', value.toString());
    }

    function _known(string memory key, string memory value, bool isKnown) private pure returns (string memory) {
        return isKnown ? _string(key, value) : string.concat('"', key, '":null');
    }

    function _kind(uint256 kind) private pure returns (string memory) {
        return kind == 0 ? "training" : kind == 1 ? "inference" : "edge";
    }

    function _capitals(uint256 kind) private pure returns (string memory) {
        return kind == 0 ? "TRAINING" : kind == 1 ? "INFERENCE" : "EDGE";
    }

    function _unit(uint256 kind) private pure returns (string memory) {
        return kind == 0 ? "one GPU" : kind == 1 ? "1,000 sustained output tokens per second" : "one node";
    }

    function _work(uint256 kind) private pure returns (string memory) {
        return kind == 0 ? "GFLOP" : "token";
    }
}
