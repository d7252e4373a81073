//go:build !js

package link

import (
	"context"
	"time"
)

// Context is context.Context. The page has a smaller one (context_js.go).
type Context = context.Context

func withCancel() (Context, func()) {
	ctx, cancel := context.WithCancel(context.Background())
	return ctx, cancel
}

func withTimeout(parent Context, d time.Duration) (Context, func()) {
	ctx, cancel := context.WithTimeout(parent, d)
	return ctx, cancel
}
