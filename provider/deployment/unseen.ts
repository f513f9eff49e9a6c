/**
 * How the plugin begins to tell that a refresh goes by the state, because the key may not look at the platform. The
 * command `pulumi-onvera drift` takes it for what it is: no answer.
 */
export const unseenStateText = "the real state cannot be seen, going on with the recorded one";
