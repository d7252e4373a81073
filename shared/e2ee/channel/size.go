package channel

import "github.com/conclave-meet/conclave/shared/e2ee/chacha"

// ChatSize returns the size of the record of a [Chat] or [Whisper] with so many bytes of text.
func ChatSize(text int) int { return padded(TypeChat, chatHead+text) + chacha.Overhead }
