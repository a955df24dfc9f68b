// Resolves credentials with the real AWS SDK for JavaScript for each case on standard input.
//
// The argument is the directory that has the packages. The CDK is the use that its toolkit library makes of the same parts.
import { createRequire } from "node:module";
import { text } from "node:stream/consumers";

const require = createRequire(process.argv[2] + "/");
const { GetCallerIdentityCommand, STSClient } = require("@aws-sdk/client-sts");
const { fromEnv } = require("@aws-sdk/credential-provider-env");
const { fromIni } = require("@aws-sdk/credential-provider-ini");
const { defaultProvider } = require("@aws-sdk/credential-provider-node");

console.warn = () => {};
process.on("unhandledRejection", () => {}); // the SDK leaves the promise of a source profile behind when it fails before

const { endpoint, cases } = JSON.parse(await text(process.stdin));
const region = "us-east-1"; // of requests; the one that a client finds by itself is compared apart

const sdk = (profile) => {
  const client = new STSClient({ region, ...(profile && { profile }) });
  return async () => {
    const credentials = await client.config.credentials();
    await client.send(new GetCallerIdentityCommand());
    return credentials;
  };
};

// AwsCliCompatible.credentialChainBuilder of @aws-cdk/toolkit-lib, as on an EC2 instance: elsewhere it switches the metadata
// service off.
const cdk = (profile) => {
  const options = { parentClientConfig: { region }, ignoreCache: true, mfaCodeProvider: async () => "123456" };
  if (profile) {
    return fromIni({ profile, ...options });
  }
  const id = process.env.AWS_ACCESS_KEY_ID || process.env.AMAZON_ACCESS_KEY_ID;
  const secret = process.env.AWS_SECRET_ACCESS_KEY || process.env.AMAZON_SECRET_ACCESS_KEY;
  if (id && secret) {
    process.env.AWS_ACCESS_KEY_ID = id;
    process.env.AWS_SECRET_ACCESS_KEY = secret;
    return fromEnv();
  }
  return defaultProvider({ profile: process.env.AWS_PROFILE || process.env.AWS_DEFAULT_PROFILE, ...options });
};

const resolve = async (provider, c) => {
  for (const name of Object.keys(process.env)) {
    if (/^(AWS|AMAZON)_/.test(name)) {
      delete process.env[name];
    }
  }
  Object.assign(process.env, c.env, { AWS_ENDPOINT_URL: endpoint });
  const answer = { key: "", error: "", region: "" };
  try {
    answer.region = await new STSClient({ ...(c.profile && { profile: c.profile }) }).config.region();
  } catch (e) {
    answer.region = /region="(.*)" is not a valid hostname/.exec(e.message)?.[1] ?? ""; // found, and refused
  }
  try {
    answer.key = (await provider(c.profile)()).accessKeyId;
  } catch (e) {
    answer.error = `${e.name}: ${e.message}`;
  }
  return answer;
};

const result = { version: require("@aws-sdk/client-sts/package.json").version, answers: [], cdk: [] };
for (const c of cases) {
  result.answers.push(await resolve(sdk, c));
  result.cdk.push(await resolve(cdk, c));
}
process.stdout.write(JSON.stringify(result));
