package keystore

import "testing"

func TestFileIndexAgreesWithKernel(t *testing.T) {
	testAgreement(t, KindFile, func(t *testing.T, dir string) Options { return holding(t, KindFile, dir) })
}

func TestKeyringIndexAgrees(t *testing.T) {
	startBus(t, noServices).startKeyring(t)
	testAgreement(t, KindKeyring, notHolding)
}

func TestKeyringIndexAgreesWithKernel(t *testing.T) {
	startBus(t, noServices).startKeyring(t)
	testAgreement(t, KindKeyring, func(t *testing.T, dir string) Options { return holding(t, KindKeyring, dir) })
}
