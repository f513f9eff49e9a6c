import { describeHistories } from "../../simulation/describe-histories";

describeHistories("dynamic");
