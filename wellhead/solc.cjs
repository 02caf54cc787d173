// node solc.cjs SOLC_PACKAGE WARNINGS_FILE: standard JSON from stdin to stdout, as the native solc
// does it. ape drops the compiler's warnings, so those about our own sources go to a file; who
// compiles something else with it names another one in WELLHEAD_WARNINGS.
const fs = require("fs");
const [solcPackage, itsFile] = process.argv.slice(2);
const warningsFile = process.env.WELLHEAD_WARNINGS || itsFile;

const output = require(solcPackage).compile(fs.readFileSync(0, "utf8"));
const warnings = (JSON.parse(output).errors || [])
  .filter((e) => e.severity === "warning")
  .filter((e) => !e.sourceLocation?.file.startsWith("contracts/.cache/"))
  .map((e) => e.formattedMessage);
fs.writeFileSync(warningsFile, warnings.join(""));
process.stdout.write(output);
