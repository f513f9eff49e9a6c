import { measurePolling } from "./groups/polling";

void (async () => {
  for (const row of await measurePolling({ counts: [1, 10, 100, 1000], speed: 12 }))
    console.log(row.what, "|", row.peer, "|", row.goal, "|", row.measured, JSON.stringify(row.figures));
})();
