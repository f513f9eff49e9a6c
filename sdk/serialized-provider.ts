/**
 * The code of the provider that the state contains, twice for each resource: in its inputs and in its outputs. Pulumi's host of
 * dynamic providers compiles it and calls `handler`.
 *
 * It is a constant instead of an object that `pulumi.dynamic.Resource` serializes. So it is the same for each release and package
 * manager, it captures nothing, and the program does not load the serializer (and with it TypeScript). It resolves the package
 * from the program's folder, which is the working directory of the host.
 *
 * Never change it: the states of users contain it, and a different text would be a change of every deployment.
 */
export const serializedProvider = textFor("pulumi-onvera/provider");
export const serializedSeedProvider = textFor("pulumi-onvera/seed");

function textFor(path: string): string {
  return `exports.handler=()=>require("module").createRequire(process.cwd()+"/")("${path}")`;
}
