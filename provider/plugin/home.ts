/** Where the package is published. The schema is derived from it; test/unit/home.test.ts compares everything else with it. */
export const home = {
  owner: "onvera",
  repository: "pulumi-onvera",
  publisher: "Onvera",
  npmPackage: "pulumi-onvera",
} as const;

const slug = `${home.owner}/${home.repository}`;

export const repositoryUrl = `https://github.com/${slug}`;

/** Where the engine and `pulumi plugin install --server` find the archives: the files of the GitHub release of each version. */
export const pluginDownloadUrl = `github://api.github.com/${slug}`;

/** A PNG of 100 by 100 pixels, as the Pulumi Registry wants it. */
export const logoUrl = `https://raw.githubusercontent.com/${slug}/main/docs/images/logo.png`;

export const goModule = `github.com/${slug}/sdk/go`;
