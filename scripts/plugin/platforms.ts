/** The platforms that Pulumi's CLI runs on, spelled as it asks for archives: `runtime.GOOS` and `runtime.GOARCH` of Go. */

export const operatingSystems = ["linux", "darwin", "windows"] as const;
export const architectures = ["amd64", "arm64"] as const;

export interface Platform {
  readonly os: (typeof operatingSystems)[number];
  readonly arch: (typeof architectures)[number];
}

export const platforms: readonly Platform[] = operatingSystems.flatMap((os) =>
  architectures.map((arch) => ({ os, arch })),
);

/** The platform that this process runs on; undefined where Pulumi has no name for it. */
export function hostPlatform(host: { platform: string; arch: string } = process): Platform | undefined {
  const os = host.platform === "win32" ? "windows" : host.platform;
  const arch = host.arch === "x64" ? "amd64" : host.arch;
  return platforms.find((platform) => platform.os === os && platform.arch === arch);
}

export function platformName({ os, arch }: Platform): string {
  return `${os}-${arch}`;
}

/** What `pulumi plugin install --server` asks its server for. */
export function archiveName(version: string, platform: Platform): string {
  return `pulumi-resource-onvera-v${version}-${platformName(platform)}.tar.gz`;
}
