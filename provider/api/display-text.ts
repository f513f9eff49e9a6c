/**
 * Makes text from the platform safe for a terminal and a CI log: one line, without control and formatting characters (escape
 * sequences can write to the clipboard; bidirectional controls reorder text), and without the start of a workflow command,
 * which GitHub ("::error::") and Azure DevOps ("##vso[") execute at the start of a line.
 */
export function displayText(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ")
    .trim()
    .replace(/^::/, ": :")
    .replace(/^##(?=\[|vso\[)/, "# #");
}
