// Package wycheproof holds no code: its tests run the test vectors of Project Wycheproof (github.com/C2SP/wycheproof)
// against the very functions that the end-to-end encryption calls, wherever they come from. X25519, which is our own, has
// its test in its own package.
//
// The vectors lie beside the checkout; where they are not, the tests skip. The few cases of testdata, by OpenSSL, are
// always there.
package wycheproof
