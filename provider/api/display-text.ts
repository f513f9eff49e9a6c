/**
 * Text from the platform, as it can be shown on a terminal and in a CI log: on one line, without control and formatting
 * characters (escape sequences move the cursor or write the clipboard, bidirectional controls reorder what is read), and
 * without the start of a workflow command, which GitHub ("::error::") and Azure DevOps ("##vso[") run if a line begins with it.
 */
export function displayText(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ")
    .trim()
    .replace(/^::/, ": :")
    .replace(/^##(?=\[|vso\[)/, "# #");
}
