// Package e2e holds no code. Its tests run the real awsexec binary, each in its
// own home directory, against a stand-in for AWS STS, with a real
// gnome-keyring, real AWS clients and real terminals.
//
// They run on Linux. A test whose real part is missing is skipped, or fails
// with AWSEXEC_TEST_REQUIRE=all. `make test` installs missing parts where it
// can.
package e2e
