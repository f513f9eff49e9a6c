// The engine tests that are not part of `npm test`. SHARD=2/3 selects the second third of the files, for parallel CI jobs.
const { others } = require("./mocharc.engine.cjs");

const shard = process.env.SHARD || "1/1";
const [, part, parts] = /^(\d+)\/(\d+)$/.exec(shard) ?? [];
if (!(part >= 1 && Number(part) <= Number(parts)))
  throw new Error(`SHARD: expected a part such as 2/3, got "${shard}"`);

module.exports = { ...others, spec: others.spec.filter((_, index) => index % parts === part - 1) };
