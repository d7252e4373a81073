//go:build !js

package roomname

import "log/slog"

// LogValue returns "[hidden]": slog's JSON handler would otherwise write a string type as it is. The page has no slog
// (51 kB of its budget), hence the build tag.
func (n Name) LogValue() slog.Value { return slog.StringValue(hidden) }
