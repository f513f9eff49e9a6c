/**
 * Makes text from the platform safe for a terminal and a CI log: one line of valid Unicode, without control and formatting
 * characters (escape sequences can write to the clipboard; bidirectional controls reorder text), and without the start of a
 * workflow command, which GitHub ("::error::") and Azure DevOps ("##vso[") execute at the start of a line.
 */
export function displayText(text: string): string {
  return validUnicode(text)
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ")
    .trim()
    .replace(/^::/, ": :")
    .replace(/^##(?=\[|vso\[)/, "# #");
}

/** The text with U+FFFD for each half of a surrogate pair. gRPC cannot encode such a half in an error, and sends no response then. */
export function validUnicode(text: string): string {
  return text.replaceAll(/\p{Cs}/gu, "\u{fffd}");
}
