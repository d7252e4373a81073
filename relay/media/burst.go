package media

// burst collects what one goroutine sends, so that many packets can leave in one system call. It belongs to that
// goroutine. room comes before a lock is taken, push after it was given back: both may send.
type burst struct{ one buffer }

// room is a free buffer for the next packet.
func (b *burst) room() *buffer { return &b.one }

// push takes the first n bytes of what room returned last as an encrypted packet for s. It reports whether it will be
// sent.
func (b *burst) push(s *Session, n int) bool { return s.send(b.one[:n]) }

// flush sends what is left. Whoever has pushed calls it before waiting for anything.
func (b *burst) flush() {}
