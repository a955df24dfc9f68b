// Package explain predicts which credentials the AWS SDKs would use: for one environment, the two AWS files and a profile,
// it says for each client what wins, what decides that, and the region.
//
// It is pure but for reading the two files: it makes no request, runs no process and looks into no token cache. A source that
// is chosen is taken to work; that a process fails or a login has expired is seen by the client alone.
//
// The order of each client is written down in a file of its own, as a list of steps in the words of that SDK's source:
// botocore 1.43 and the AWS CLI, aws-sdk-go-v2/config 1.33, the AWS SDK for JavaScript 3.1173, and the CDK's toolkit
// library. A test runs the SDKs themselves on some hundreds of generated combinations and compares.
package explain
