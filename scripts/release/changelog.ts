/** The section of a version in the changelog. Throws if there is none, or if it is empty. */
export function changelogSection(text: string, version: string): string {
  const sections = text.split(/^## /m).slice(1);
  const own = sections.find((section) => section.startsWith(`${version}\n`));
  const notes = own?.slice(version.length).trim();
  if (!notes) throw new Error(`CHANGELOG.md says nothing of ${version}: npm run release:version creates its section`);
  return `${notes}\n`;
}

/** The changelog with its "Unreleased" section renamed to the version. */
export function releaseChangelog(text: string, version: string): string {
  if (!/^## Unreleased$/m.test(text)) throw new Error('CHANGELOG.md has no section "## Unreleased"');
  return text.replace(/^## Unreleased$/m, `## ${version}`);
}
