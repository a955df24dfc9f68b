// Resolves credentials with the real AWS SDK for JavaScript v2 for each case on standard input.
//
// The argument is the directory that has the package. What the SDK does once, when it is loaded, is done anew for each case.
process.env.AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE = "1";
const { createRequire } = require("node:module");
const { text } = require("node:stream/consumers");

const requireFrom = createRequire(process.argv[2] + "/");
const AWS = requireFrom("aws-sdk/lib/core");
requireFrom("aws-sdk/lib/node_loader");
requireFrom("aws-sdk/clients/sts");
requireFrom("aws-sdk/clients/sso");
const metadataEndpoint = requireFrom("aws-sdk/lib/metadata_service/get_metadata_service_endpoint");

process.on("uncaughtException", () => {}); // a link that is tried twice may fail behind the answer
console.error = () => {};

const resolve = async (endpoint, c) => {
  for (const name of Object.keys(process.env)) {
    if (/^(AWS|AMAZON)_/.test(name)) {
      delete process.env[name];
    }
  }
  Object.assign(process.env, c.env, c.profile && { AWS_PROFILE: c.profile });
  const answer = { key: "", error: "", region: "" };
  try {
    AWS.util.iniLoader.clearCachedFiles();
    AWS.MetadataService.prototype.endpoint = metadataEndpoint();
    AWS.config = new AWS.Config();
    // With an endpoint of one's own, STS wants a region.
    AWS.config.update({ sts: { endpoint, region: "us-east-1" }, sso: { endpoint } }, true);
    answer.region = AWS.config.region ?? "";
    await new Promise((done, failed) => AWS.config.getCredentials((e) => (e ? failed(e) : done())));
    answer.key = AWS.config.credentials.accessKeyId;
  } catch (e) {
    answer.error = `${e.name}: ${e.message}`;
  }
  return answer;
};

(async () => {
  const { endpoint, cases } = JSON.parse(await text(process.stdin));
  const answers = [];
  for (const c of cases) {
    answers.push(c.endless ? { key: "", error: "not run", region: "" } : await resolve(endpoint, c));
  }
  process.stdout.write(JSON.stringify({ version: requireFrom("aws-sdk/package.json").version, answers }), () => process.exit(0));
})();
