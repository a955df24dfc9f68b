// Package explain predicts which credentials the AWS SDKs would use. For one
// environment, the two AWS files and a profile it returns what each client would
// use, what decides that, and the region.
//
// It reads the AWS files, and certificates that they name, and nothing else: it makes
// no request, runs no process and reads no token cache. It assumes that the chosen
// source works. Only the client sees that a process fails, or that a login has
// expired.
//
// The order of each client is in a file of its own, as a list of steps in the words
// of that SDK's source: botocore 1.43 and the AWS CLI, aws-sdk-go-v2/config 1.33, the
// AWS SDK for JavaScript 3.1173 and its version 2.1693, and the CDK's toolkit library.
// The values that a client refuses are in its check file. A test runs the SDKs
// themselves on a thousand generated combinations and compares.
package explain
