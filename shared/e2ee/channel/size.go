package channel

import "golang.org/x/crypto/chacha20poly1305"

// ChatSize returns the size of the record of a [Chat] or [Whisper] with so many bytes of text.
func ChatSize(text int) int { return padded(TypeChat, chatHead+text) + chacha20poly1305.Overhead }
