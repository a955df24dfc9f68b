// Package awstest has stand-ins for the places other than STS that give credentials to programs on AWS (the EC2 instance metadata service,
// a container credentials endpoint, the portal of IAM Identity Center), and for the services that Terraform and the CDK call: S3 and
// CloudFormation.
//
// Each is a real HTTP server on a free port of 127.0.0.1 and as strict as the AWS documents say about who may ask, and how.
// Credentials come from a function that is handed in, so that they can be those of a stand-in for STS. All methods are safe for
// concurrent use.
package awstest
