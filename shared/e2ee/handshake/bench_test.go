package handshake_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// What a joiner does per member before the answer: one CPace start and one Diffie-Hellman. Its ML-KEM key, once per
// round, is not in it.
func BenchmarkInitiate(b *testing.B) {
	ann, bob := newMember(b, 7), newMember(b, 2)
	_, _, err := ann.initiate(bob.party)
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		_, _, _ = ann.initiate(bob.party)
	}
}

// What a joiner does per member after it.
func BenchmarkInitiatorFinish(b *testing.B) {
	ini, _, _, hs2 := pause(b, newMember(b, 7), newMember(b, 2))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := ini.Clone().Finish(hs2); err != nil {
			b.Fatal(err)
		}
	}
}

// What each member does for a joiner.
func BenchmarkRespond(b *testing.B) {
	ann, bob := newMember(b, 7), newMember(b, 2)
	_, hs1, err := ann.initiate(bob.party)
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := bob.respond(ann.party, hs1); err != nil {
			b.Fatal(err)
		}
	}
}

// The first of a round, with a new ML-KEM key.
func BenchmarkInitiateFirst(b *testing.B) {
	ann, bob := newMember(b, 7), newMember(b, 2)
	b.ReportAllocs()
	for b.Loop() {
		ann.id.EndRound()
		_, _, _ = ann.initiate(bob.party)
	}
}
