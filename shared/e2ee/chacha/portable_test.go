package chacha

import (
	"bytes"
	"crypto/cipher"
	"encoding/hex"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/chacha20poly1305"
)

func TestTheRFCsExample(t *testing.T) { // RFC 8439, section 2.8.2
	key, nonce := sequence(0x80, KeySize), unhex(t, "070000004041424344454647")
	text := "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it."
	sealed := ours(t, key).Seal(nil, nonce, []byte(text), unhex(t, "50515253c0c1c2c3c4c5c6c7"))
	assert.Equal(t, "d31a8d34648e60db7b86afbc53ef7ec2", hex.EncodeToString(sealed[:16]))
	assert.Equal(t, "1ae10b594f09e26a7e902ecbd0600691", hex.EncodeToString(sealed[len(text):]))
}

func TestItMakesWhatTheStandardCipherMakes(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for n := range 400 {
		agree(t, noise(rnd, KeySize), noise(rnd, NonceSize), noise(rnd, n), noise(rnd, rnd.IntN(40)))
	}
	agree(t, noise(rnd, KeySize), noise(rnd, NonceSize), noise(rnd, 100_003), nil)
}

func FuzzAgree(f *testing.F) {
	f.Add(make([]byte, KeySize), make([]byte, NonceSize), []byte("hello"), []byte("world"))
	f.Add(bytes.Repeat([]byte{255}, KeySize), make([]byte, NonceSize), bytes.Repeat([]byte{255}, 129), []byte(nil))
	f.Fuzz(func(t *testing.T, key, nonce, text, additional []byte) {
		if len(key) == KeySize && len(nonce) == NonceSize {
			agree(t, key, nonce, text, additional)
		}
	})
}

// agree wants both ciphers to seal alike and to open what the other sealed.
func agree(t *testing.T, key, nonce, text, additional []byte) {
	t.Helper()
	theirs, err := chacha20poly1305.New(key)
	require.NoError(t, err)
	want := theirs.Seal([]byte("before"), nonce, text, additional)
	require.Equal(t, want, ours(t, key).Seal([]byte("before"), nonce, text, additional), "%d bytes", len(text))
	opened, err := ours(t, key).Open([]byte("before"), nonce, want[6:], additional)
	require.NoError(t, err)
	require.Equal(t, "before"+string(text), string(opened))
}

func TestNoChangedByteAndNoPrefixOpens(t *testing.T) {
	c, nonce, additional := ours(t, sequence(0, KeySize)), sequence(0, NonceSize), []byte("metadata")
	sealed := c.Seal(nil, nonce, sequence(0, 70), additional)
	dst := make([]byte, 100)
	refused := func(nonce, sealed, additional []byte) {
		t.Helper()
		out, err := c.Open(dst[:0], nonce, sealed, additional)
		assert.Error(t, err)
		assert.Nil(t, out)
		assert.Equal(t, make([]byte, len(dst)), dst, "nothing is written")
	}
	for _, b := range [][]byte{nonce, sealed, additional} {
		for i := range b {
			for bit := range 8 {
				b[i] ^= 1 << bit
				refused(nonce, sealed, additional)
				b[i] ^= 1 << bit
			}
		}
	}
	for n := range sealed {
		refused(nonce, sealed[:n], additional)
	}
	refused(nonce, append(slices.Clone(sealed), 0), additional)
	_, err := c.Open(nil, nonce, sealed, additional)
	assert.NoError(t, err)
}

// Numbers near 2^130-5, where limbs carry, against arithmetic without limbs (RFC 8439, section 2.5).
func TestTheAuthenticatorCountsModuloItsPrime(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 3000 {
		key, text := [32]byte(extreme(rnd, 32)), extreme(rnd, macBlock*(1+rnd.IntN(5)))
		var m mac
		m.begin(&key)
		m.blocks(text)
		got := m.sum()
		require.Equal(t, slow(key[:], text), got[:], "key %x, text %x", key, text)
	}
}

func TestTheAuthenticatorsHardCases(t *testing.T) { // RFC 8439, A.3, numbers 7 to 11
	for _, row := range []struct{ r, s, text, tag string }{
		{"02" + zeros(15), zeros(16), ones(16), "03" + zeros(15)},
		{"02" + zeros(15), ones(16), "02" + zeros(15), "03" + zeros(15)},
		{"01" + zeros(15), zeros(16), ones(16) + "f0" + ones(15) + "11" + zeros(15), "05" + zeros(15)},
		{"01" + zeros(15), zeros(16), ones(16) + "fb" + string(bytes.Repeat([]byte("fe"), 15)) + string(bytes.Repeat([]byte("01"), 16)), zeros(16)},
		{"02" + zeros(15), zeros(16), "fd" + ones(15), "fa" + ones(15)},
	} {
		var m mac
		m.begin((*[32]byte)(unhex(t, row.r+row.s)))
		m.blocks(unhex(t, row.text))
		tag := m.sum()
		assert.Equal(t, row.tag, hex.EncodeToString(tag[:]), row.text)
	}
}

func TestInPlaceAndNeverHalfway(t *testing.T) {
	c, nonce := ours(t, sequence(0, KeySize)), sequence(0, NonceSize)
	text := sequence(0, 150)
	want := c.Seal(nil, nonce, text, nil)
	buf := append(slices.Clone(text), make([]byte, 2*Overhead)...)
	assert.Panics(t, func() { c.Seal(buf[1:1], nonce, buf[:150], nil) })
	got := c.Seal(buf[:0], nonce, buf[:150], nil)
	require.Equal(t, want, got)
	assert.Panics(t, func() { c.Open(buf[1:1], nonce, got, nil) })
	opened, err := c.Open(buf[:0], nonce, got, nil)
	require.NoError(t, err)
	assert.Equal(t, text, opened)
}

func TestSizesThatAreNoneOfIts(t *testing.T) {
	for _, n := range []int{0, 16, 31, 33} {
		_, err := newPortable(make([]byte, n))
		assert.Error(t, err)
		_, err = New(make([]byte, n))
		assert.Error(t, err)
	}
	c := ours(t, make([]byte, KeySize))
	assert.Panics(t, func() { c.Seal(nil, make([]byte, 11), nil, nil) })
	assert.Panics(t, func() { c.Open(nil, make([]byte, 13), make([]byte, 20), nil) })
	assert.Equal(t, NonceSize, c.NonceSize())
	assert.Equal(t, Overhead, c.Overhead())
}

func TestItTakesNoMemory(t *testing.T) {
	c, nonce, text := ours(t, make([]byte, KeySize)), make([]byte, NonceSize), make([]byte, 1210)
	sealed, opened := make([]byte, 0, 2000), make([]byte, 0, 2000)
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		sealed = c.Seal(sealed[:0], nonce, text, nonce)
		if _, err := c.Open(opened, nonce, sealed, nonce); err != nil {
			panic(err)
		}
	}))
}

func BenchmarkSeal(b *testing.B) {
	for _, c := range []struct {
		name string
		make func(key []byte) (cipher.AEAD, error)
	}{
		{"ours", func(key []byte) (cipher.AEAD, error) { return newPortable(key) }},
		{"x_crypto", chacha20poly1305.New},
	} {
		b.Run(c.name, func(b *testing.B) {
			aead, err := c.make(make([]byte, KeySize))
			require.NoError(b, err)
			text, nonce, dst := make([]byte, 1200), make([]byte, NonceSize), make([]byte, 0, 1300)
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				dst = aead.Seal(dst[:0], nonce, text, nonce)
			}
		})
	}
}

func ours(t testing.TB, key []byte) *portable {
	t.Helper()
	c, err := newPortable(key)
	require.NoError(t, err)
	return c
}

// slow is Poly1305 of whole blocks.
func slow(key, text []byte) []byte {
	number := func(b []byte) *big.Int {
		b = slices.Clone(b)
		slices.Reverse(b)
		return new(big.Int).SetBytes(b)
	}
	clamp, _ := new(big.Int).SetString("0ffffffc0ffffffc0ffffffc0fffffff", 16)
	prime := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 130), big.NewInt(5))
	r, sum := new(big.Int).And(number(key[:16]), clamp), new(big.Int)
	for block := range slices.Chunk(text, macBlock) {
		sum.Add(sum, number(append(slices.Clone(block), 1)))
		sum.Mod(sum.Mul(sum, r), prime)
	}
	sum.Add(sum, number(key[16:]))
	tag := new(big.Int).And(sum, new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 128), big.NewInt(1))).FillBytes(make([]byte, 16))
	slices.Reverse(tag)
	return tag
}

// extreme returns n bytes of which most are all zeros or all ones.
func extreme(rnd *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = [...]byte{0, 255, 255, 255, 251, byte(rnd.Uint32())}[rnd.IntN(6)]
	}
	return b
}

func noise(rnd *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rnd.Uint32())
	}
	return b
}

func sequence(first, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(first + i)
	}
	return b
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	require.NoError(t, err)
	return b
}

func zeros(n int) string { return string(bytes.Repeat([]byte("00"), n)) }
func ones(n int) string  { return string(bytes.Repeat([]byte("ff"), n)) }
