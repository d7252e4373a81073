package media

import "github.com/conclave-meet/conclave/relay/media/layers"

// budget is what the session's downlink can take besides its audio.
func (s *Session) budget() layers.Budget { return layers.Budget{Rate: layers.Unlimited} }
