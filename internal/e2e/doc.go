// Package e2e holds no code. Its tests run the real awsexec binary, each in its
// own home directory, against a stand-in for AWS STS, with a real
// gnome-keyring, real AWS clients and real terminals.
//
// What a user sees without these parts is tested by the scripts of package
// script. A file's name begins with the part that its tests need.
//
// They run on Linux. A test whose real part is missing is skipped, or fails
// with AWSEXEC_TEST_REQUIRE=all. `make test` installs missing parts where it
// can.
package e2e
