package main

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheSitesTypesAreThoseOfTheCore(t *testing.T) {
	var want strings.Builder
	require.NoError(t, generate(&want))
	have, err := os.ReadFile("../../../www/src/core/api.gen.ts")
	require.NoError(t, err)
	assert.Equal(t, want.String(), string(have), "run: go run ./wasm/conf/tsgen > www/src/core/api.gen.ts")
}

func TestEveryKindOfFieldHasItsType(t *testing.T) {
	var b strings.Builder
	require.NoError(t, generate(&b))
	for _, line := range []string{
		"export interface View {",
		"  peers: readonly Peer[];",
		"  params?: Readonly<Record<string, string>>;",
		"  role: 'guest'|'moderator'|'host';",
		"  level: 0|1|2|3|4;",
		"  | {t: 'chat.send'; text: string; to?: number}",
		"  | {t: 'mic'; on?: boolean}",
		"  | {t: 'leave'}",
	} {
		assert.Contains(t, b.String(), line+"\n")
	}
}
