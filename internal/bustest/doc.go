// Package bustest gives a test a session bus of its own, away from the
// desktop's, and what can be on it: gnome-keyring, a Secret Service that does
// what the test says, and what stands for the desktop that shows
// gnome-keyring's dialogs. Real parts that are missing skip the test, or fail
// it with AWSEXEC_TEST_REQUIRE=all.
package bustest
