import { config } from "chai";

// Show the values of a failed assertion completely. Often nothing else is known about a failure in CI.
config.truncateThreshold = 0;
