package sim_test

import (
	"syscall/js"
	"time"
)

var usage = js.Global().Get("process").Get("cpuUsage")

// processor returns how much of a processor node has used so far.
func processor() time.Duration {
	u := usage.Invoke()
	return time.Duration(u.Get("user").Int()+u.Get("system").Int()) * time.Microsecond
}
