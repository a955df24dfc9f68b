// Package awstest provides stand-ins for services other than STS that give
// credentials to programs on AWS (the EC2 instance metadata service, a
// container credentials endpoint, IAM Identity Center, the sign-in service of
// `aws login`), for the federation endpoint that signs browsers in with them, and
// for services that programs call with them: S3, CloudFormation, and single
// operations of others.
//
// Each is a real HTTP server on a free port of 127.0.0.1 and checks callers and
// calls as strictly as the AWS documents describe. A function of the caller
// makes the credentials, so that they can come from a stand-in for STS. All
// methods are safe for concurrent use.
package awstest
