// A client of the AWS SDK for JavaScript that runs for long: says who it is again and again, until a file is there, and once more.
import { existsSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";

const client = new STSClient({});
for (let last = false; !last; ) {
  last = existsSync(process.argv[2]);
  try {
    console.log((await client.send(new GetCallerIdentityCommand({}))).Arn);
    process.exitCode = 0;
  } catch (e) {
    console.log("failed", String(e));
    process.exitCode = 1;
  }
  await setTimeout(100);
}
