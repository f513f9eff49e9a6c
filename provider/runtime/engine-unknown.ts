/** Pulumi's mark for a value that is not known in a preview. Source: `unknownValue` in the Node.js SDK's runtime/rpc. */
export const engineUnknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
