/** The number of characters that an automatic name has after the hyphen. Never change it. */
export const suffixLength = 7;
/** The longest name that the platform accepts. */
export const maxNameLength = 255;
/** The longest name of a resource that gets an automatic name. */
export const maxLogicalNameLength = maxNameLength - 1 - suffixLength;
