//go:build !linux && !js

package sim_test

import "time"

var start = time.Now()

// processor returns the time: elsewhere nothing says what one thread has used.
func processor() time.Duration { return time.Since(start) }
