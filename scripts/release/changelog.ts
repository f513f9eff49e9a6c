/** What the changelog says of a version; throws where it has no section of it, or an empty one. */
export function changelogSection(text: string, version: string): string {
  const sections = text.split(/^## /m).slice(1);
  const own = sections.find((section) => section.startsWith(`${version}\n`));
  const notes = own?.slice(version.length).trim();
  if (!notes) throw new Error(`CHANGELOG.md says nothing of ${version}: npm run release:version makes its section`);
  return `${notes}\n`;
}
