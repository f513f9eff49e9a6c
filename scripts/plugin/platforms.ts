/** The platforms of the Pulumi CLI, as it names them in requests for archives: Go's `runtime.GOOS` and `runtime.GOARCH`. */

export const operatingSystems = ["linux", "darwin", "windows"] as const;
export const architectures = ["amd64", "arm64"] as const;

export interface Platform {
  readonly os: (typeof operatingSystems)[number];
  readonly arch: (typeof architectures)[number];
}

export const platforms: readonly Platform[] = operatingSystems.flatMap((os) =>
  architectures.map((arch) => ({ os, arch })),
);

/** The platform of this process; undefined if Pulumi does not support it. */
export function hostPlatform(host: { platform: string; arch: string } = process): Platform | undefined {
  const os = host.platform === "win32" ? "windows" : host.platform;
  const arch = host.arch === "x64" ? "amd64" : host.arch;
  return platforms.find((platform) => platform.os === os && platform.arch === arch);
}

export function platformName({ os, arch }: Platform): string {
  return `${os}-${arch}`;
}

/** The file that `pulumi plugin install --server` requests from its server. */
export function archiveName(version: string, platform: Platform): string {
  return `pulumi-resource-onvera-v${version}-${platformName(platform)}.tar.gz`;
}
