// node solc.cjs SOLC_PACKAGE WARNINGS_FILE: standard JSON from stdin to stdout, as the native solc
// does it. ape drops the compiler's warnings, so those about our own sources go to a file.
const fs = require("fs");
const [solcPackage, warningsFile] = process.argv.slice(2);

const output = require(solcPackage).compile(fs.readFileSync(0, "utf8"));
const warnings = (JSON.parse(output).errors || [])
  .filter((e) => e.severity === "warning")
  .filter((e) => !e.sourceLocation?.file.startsWith("contracts/.cache/"))
  .map((e) => e.formattedMessage);
fs.writeFileSync(warningsFile, warnings.join(""));
process.stdout.write(output);
