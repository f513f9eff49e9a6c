import semver from "semver";

type Place = (version: string) => string;

const ownVersion: Place = (version) => `"version": "${version}"`;
const install: Place = (version) => `resource onvera ${version}`;
const schemaOf: Place = (version) => ` onvera@${version}`;
const dependency: Place = (version) => `"pulumi-onvera": "^${version}"`;

/** The files with the version of the package, each with the text around it. */
export const places: Readonly<Record<string, readonly Place[]>> = {
  "package.json": [ownVersion],
  "emulator/package.json": [ownVersion],
  "package-lock.json": [
    (version) => `"name": "pulumi-onvera",\n  "version": "${version}"`,
    (version) => `"name": "pulumi-onvera",\n      "version": "${version}"`,
    (version) => `"name": "onvera-emulator",\n      "version": "${version}"`,
  ],
  "README.md": [install],
  "docs/tutorial.md": [install],
  "templates/README.md": [install],
  "templates/onvera-gitops/package.json": [dependency],
  "templates/onvera-gitops/kubernetes/Dockerfile": [(version) => `pulumi-onvera@${version}`],
  "templates/onvera-gitops/kubernetes/program.yaml": [(version) => `pulumi-onvera:${version}`],
  "templates/onvera-manifest/package.json": [dependency],
  "templates/onvera-python/requirements.txt": [
    (version) => `/v${version}/`,
    (version) => `pulumi-onvera-sdk-python-${version}`,
  ],
  "templates/onvera-typescript/package.json": [dependency],
  "examples/automation-api/package.json": [dependency],
  "examples/component/package.json": [dependency],
  "examples/fleet/package.json": [dependency],
  "examples/import/package.json": [dependency],
  "examples/manifest/package.json": [dependency],
  "examples/python/package.json": [dependency],
  "examples/stack-references/package.json": [dependency],
  "examples/typescript/package.json": [dependency],
  "docs/installation-configuration.md": [install, schemaOf],
  "docs/ci.md": [install],
  "docs/languages.md": [install, schemaOf],
  "docs/plugin.md": [install],
  "docs/how-to-install-the-plugin.md": [
    install,
    (version) => `pulumi-resource-onvera-v${version}-`,
    (version) => `pulumi-onvera@v${version}`,
  ],
};

/** The text with the next version in each place. Throws if a place does not have the current version. */
export function moveVersion(file: string, text: string, from: string, to: string): string {
  return (places[file] ?? []).reduce((moved, place) => {
    if (!moved.includes(place(from))) throw new Error(`${file} does not hold ${JSON.stringify(place(from))}`);
    return moved.replaceAll(place(from), place(to));
  }, text);
}

/** Throws unless it is a semantic version after the current one, without "v" and build metadata. */
export function expectNext(version: string, present: string): void {
  if (semver.valid(version) !== version) throw new Error(`"${version}" is no semantic version such as 1.2.3`);
  if (!semver.gt(version, present)) throw new Error(`${version} does not come after ${present}`);
}
