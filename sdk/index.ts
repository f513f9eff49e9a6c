export * from "./deployment";
export * from "./functions";
