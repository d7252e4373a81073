package senderkey_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/e2ee/senderkey"
	"github.com/conclave-meet/conclave/shared/e2ee/sframe"
)

func TestTheLayoutIsThatOfTheSpecification(t *testing.T) {
	for _, row := range []struct {
		name string
		id   senderkey.ID
		want sframe.KeyID
	}{
		{"the first key of the first member's microphone", senderkey.ID{}, 0},
		{"a step is the lowest bits", senderkey.ID{Step: 15}, 0x0F},
		{"then the generation", senderkey.ID{Generation: 15}, 0xF0},
		{"then the stream", senderkey.ID{Stream: senderkey.ScreenAudio}, 0x300},
		{"then the member", senderkey.ID{Index: 1}, 0x800},
		{"all together", senderkey.ID{Index: 31, Stream: senderkey.Camera, Generation: 2, Step: 3}, 31<<11 | 0x123},
		{"the last of all", senderkey.ID{Index: 65535, Stream: senderkey.ScreenAudio, Generation: 15, Step: 15}, 0x7FFFBFF},
	} {
		t.Run(row.name, func(t *testing.T) {
			kid, ok := row.id.KID()
			require.True(t, ok)
			assert.Equal(t, row.want, kid)
			back, ok := senderkey.Parse(kid)
			require.True(t, ok)
			assert.Equal(t, row.id, back)
		})
	}
}

func TestWhatDoesNotFitIsRefused(t *testing.T) {
	for _, id := range []senderkey.ID{{Stream: senderkey.Streams}, {Stream: 255}, {Generation: 16}, {Step: 16}} {
		_, ok := id.KID()
		assert.False(t, ok, "%+v", id)
	}
	for _, kid := range []sframe.KeyID{0x400, 0x500, 0x600, 0x700, 1 << 27, 1 << 63, ^sframe.KeyID(0)} {
		_, ok := senderkey.Parse(kid)
		assert.False(t, ok, "%x", uint64(kid))
	}
}

func TestOnlyMicrophoneAndScreenSoundAreSound(t *testing.T) {
	assert.True(t, senderkey.Mic.Audio())
	assert.True(t, senderkey.ScreenAudio.Audio())
	assert.False(t, senderkey.Camera.Audio())
	assert.False(t, senderkey.Screen.Audio())
}
