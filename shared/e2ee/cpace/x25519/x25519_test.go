package x25519_test

import (
	"crypto/ecdh"
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/e2ee/cpace/x25519"
	"github.com/conclave-meet/conclave/shared/published"
)

func bytesOf(t testing.TB, digits string) *[32]byte {
	t.Helper()
	b, err := hex.DecodeString(digits)
	require.NoError(t, err)
	require.Len(t, b, x25519.Size)
	return (*[32]byte)(b)
}

func TestTheVectorsOfRFC7748(t *testing.T) {
	for _, row := range []struct{ name, scalar, point, want string }{
		{"section 5.2, the first", "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4", "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c", "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"},
		{"section 5.2, the second", "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d", "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493", "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := x25519.Shared(bytesOf(t, row.scalar), bytesOf(t, row.point))
			require.NoError(t, err)
			assert.Equal(t, *bytesOf(t, row.want), got)
		})
	}
}

// The vector of RFC 7748, section 5.2, that feeds results back.
func TestAThousandTimesInARow(t *testing.T) {
	k, u := [32]byte{9}, [32]byte{9}
	for i := range 1000 {
		next, err := x25519.Shared(&k, &u)
		require.NoError(t, err)
		k, u = next, k
		if i == 0 {
			assert.Equal(t, *bytesOf(t, "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079"), k)
		}
	}
	assert.Equal(t, *bytesOf(t, "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51"), k)
}

func TestWycheproof(t *testing.T) {
	var vectors struct {
		TestGroups []struct {
			Tests []struct {
				TCID                    int
				Public, Private, Shared string
				Flags                   []string
			}
		}
	}
	published.Read(t, "wycheproof/x25519_test.json", &vectors)
	count, low := 0, 0
	for _, g := range vectors.TestGroups {
		for _, v := range g.Tests {
			got, err := x25519.Shared(bytesOf(t, v.Private), bytesOf(t, v.Public))
			want := bytesOf(t, v.Shared)
			if *want == [32]byte{} {
				assert.ErrorIs(t, err, x25519.ErrLowOrder, "case %d", v.TCID)
				low++
			} else {
				assert.NoError(t, err, "case %d", v.TCID)
			}
			assert.Equal(t, *want, got, "case %d", v.TCID)
			count++
		}
	}
	t.Logf("%d cases, %d of low order", count, low)
	assert.Equal(t, 518, count)
	assert.Equal(t, 31, low)
}

// Whatever scalar and point are, the result is that of Go's standard library.
func FuzzAsTheStandardLibraryDoes(f *testing.F) {
	f.Add(make([]byte, 32), make([]byte, 32))
	f.Add([]byte("a scalar of exactly 32 bytes ...."[:32]), []byte("and a point that is not reduced!"))
	f.Fuzz(func(t *testing.T, scalar, point []byte) {
		if len(scalar) != x25519.Size || len(point) != x25519.Size {
			return
		}
		key, err := ecdh.X25519().NewPrivateKey(scalar)
		require.NoError(t, err)
		public, err := ecdh.X25519().NewPublicKey(point)
		require.NoError(t, err)
		require.Equal(t, [32]byte(key.PublicKey().Bytes()), x25519.Public((*[32]byte)(scalar)))

		got, err := x25519.Shared((*[32]byte)(scalar), (*[32]byte)(point))
		if want, refused := key.ECDH(public); refused != nil {
			require.ErrorIs(t, err, x25519.ErrLowOrder)
		} else {
			require.NoError(t, err)
			require.Equal(t, want, got[:])
		}
	})
}

func BenchmarkShared(b *testing.B) {
	k, u := [32]byte{1}, [32]byte{9}
	for b.Loop() {
		u, _ = x25519.Shared(&k, &u)
	}
}
