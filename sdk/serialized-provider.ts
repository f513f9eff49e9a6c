/**
 * The text that the state keeps of the provider (twice for each resource: with its inputs and with its outputs). The
 * dynamic provider's host compiles it and calls `handler`.
 *
 * It is written here by hand, where `pulumi.dynamic.Resource` would serialize an object: so it is the same for each
 * release of this package, whichever package manager installed it and wherever that put it, it can capture nothing, and
 * a program need not load the serializer (and TypeScript with it) at all. It looks the package up from the program's
 * folder, which is the host's working folder.
 *
 * Never change it: the states of our users hold it, and a changed text would show as a change of every deployment.
 */
export const serializedProvider = textFor("pulumi-onvera/provider");
export const serializedSeedProvider = textFor("pulumi-onvera/seed");

function textFor(path: string): string {
  return `exports.handler=()=>require("module").createRequire(process.cwd()+"/")("${path}")`;
}
