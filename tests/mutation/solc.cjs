// node solc.cjs SOLC_PACKAGE: a line of standard JSON in, a line out, until the end: its output, and
// the processor seconds of all so far.
// One process for many compilations: starting the compiler takes as long as a small one.
const solc = require(process.argv[2]);
const lines = require("readline").createInterface({ input: process.stdin });

lines.on("line", (line) => {
  const output = JSON.parse(solc.compile(line));
  const { user, system } = process.cpuUsage();
  process.stdout.write(JSON.stringify({ output, cpu: (user + system) / 1e6 }) + "\n");
});
