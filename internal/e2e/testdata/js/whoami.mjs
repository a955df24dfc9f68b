// A client of the AWS SDK for JavaScript with all its defaults: says who it is.
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";

const answer = await new STSClient({}).send(new GetCallerIdentityCommand({}));
console.log(answer.Arn);
