// Holds pages against the content rules of the HTML standard, and against what WCAG says of HTML: reads a page in a line
// of JSON, and writes its faults in a line of JSON, until there are no more pages. See content_rules.py.
const { join } = require("node:path");
const { createInterface } = require("node:readline");
const { HtmlValidate, StaticConfigLoader } = require(join(__dirname, "../../assets/node_modules/html-validate"));

const rules = {
  // What the presets leave to matters of style, and is none.
  "form-dup-name": "error",
  "input-attributes": "error",
  "no-dup-class": "error",
  "no-implicit-close": "error",
  "script-type": "error",
  // A table that is laid out as a list on a phone is no table to a screen reader, unless its roles say so.
  "no-redundant-role": "off",
  // The design system's link that looks like a button is called one, and its script has the space bar press it.
  "prefer-native-element": ["error", { exclude: ["button"] }],
  // It guards against another host's files being changed; ours come from where the page comes from.
  "require-sri": "off",
};
const presets = ["html-validate:standard", "html-validate:a11y", "html-validate:document"];
const validator = new HtmlValidate(new StaticConfigLoader({ root: true, extends: presets, rules }));

createInterface({ input: process.stdin }).on("line", line => {
  const messages = validator.validateStringSync(JSON.parse(line)).results.flatMap(result => result.messages);
  const faults = messages.map(({ line, ruleId, message, selector }) => `line ${line}: ${ruleId}: ${message}: ${selector}`);
  process.stdout.write(`${JSON.stringify(faults)}\n`);
});
