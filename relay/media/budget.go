package media

import "github.com/conclave-meet/conclave/relay/media/layers"

// budget is what the session's downlink can take. Without anything known it is unlimited.
func (s *Session) budget() layers.Budget {
	if b := s.down.Load(); b != nil {
		return *b
	}
	return layers.Budget{Rate: layers.Unlimited}
}
