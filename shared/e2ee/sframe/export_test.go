package sframe

// What the published vectors need and programs must not have: counters chosen from outside.

// SetNext makes next the counter of the next frame.
func (s *Sealer) SetNext(next Counter) { s.next = next }

// SealAt is Seal with a counter of one's choice, without a limit.
func (s *Sealer) SealAt(counter Counter, metadata, plaintext []byte) []byte {
	return s.key.seal(nil, counter, metadata, plaintext)
}

// OpenAny is Open without the limit of counters and without the replay window.
func (o *Opener) OpenAny(metadata, frame []byte) ([]byte, error) {
	h, n, err := ParseHeader(frame)
	if err != nil {
		return nil, err
	}
	return o.key.open(nil, h.Counter, n, metadata, frame)
}

// Salt returns the derived salt.
func (s *Sealer) Salt() []byte { return s.key.salt[:] }
