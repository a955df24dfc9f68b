// Package e2e holds no code: its tests run the real awsexec binary, in homes of their own, against a stand-in for AWS STS, with
// a real gnome-keyring, real AWS clients and real terminals.
//
// They run on Linux. What is missing is skipped, unless AWSEXEC_TEST_REQUIRE=all; `make test` installs it where it can.
package e2e
