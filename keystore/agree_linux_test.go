package keystore

import (
	"testing"

	"github.com/awsexec/awsexec/internal/bustest"
)

func TestFileIndexAgreesWithKernel(t *testing.T) {
	testAgreement(t, KindFile, func(t *testing.T, dir string) Options { return holding(t, KindFile, dir) })
}

func TestKeyringIndexAgrees(t *testing.T) {
	bustest.Start(t, bustest.NoServices).StartKeyring(t)
	testAgreement(t, KindKeyring, notHolding)
}

func TestKeyringIndexAgreesWithKernel(t *testing.T) {
	bustest.Start(t, bustest.NoServices).StartKeyring(t)
	testAgreement(t, KindKeyring, func(t *testing.T, dir string) Options { return holding(t, KindKeyring, dir) })
}
