package bidi

import (
	"encoding/json"
	"fmt"
	"time"
)

// Entry is one line of a page's console, or an error nobody caught.
type Entry struct {
	Level    string // "debug", "info", "warn" or "error"
	Uncaught bool   // an exception or a rejected promise, not a console call
	Text     string
	Where    string // "url:line" of the innermost frame; empty if unknown
	At       time.Time
}

func (e Entry) String() string {
	kind := e.Level
	if e.Uncaught {
		kind = "uncaught"
	}
	return fmt.Sprintf("%s %s: %s %s", e.At.Format("15:04:05.000"), kind, e.Text, e.Where)
}

// decodeEntry reads the parameters of log.entryAdded and returns the browsing
// context it belongs to.
func decodeEntry(params json.RawMessage) (string, Entry, error) {
	var p struct {
		Level      string
		Source     struct{ Context string }
		Text       string
		Timestamp  int64 // milliseconds
		Type       string
		StackTrace struct {
			CallFrames []struct {
				URL        string
				LineNumber int // from 0
			}
		}
	}
	if err := json.Unmarshal(params, &p); err != nil {
		return "", Entry{}, err
	}
	entry := Entry{Level: p.Level, Uncaught: p.Type == "javascript", Text: p.Text, At: time.UnixMilli(p.Timestamp)}
	if frames := p.StackTrace.CallFrames; len(frames) > 0 {
		entry.Where = fmt.Sprintf("%s:%d", frames[0].URL, frames[0].LineNumber+1)
	}
	return p.Source.Context, entry, nil
}

// Request is one request that a page was about to send.
type Request struct{ Method, URL string }

// decodeRequest reads the parameters of network.beforeRequestSent.
func decodeRequest(params json.RawMessage) (string, Request, error) {
	var p struct {
		Context string // null for workers without a page
		Request Request
	}
	err := json.Unmarshal(params, &p)
	return p.Context, p.Request, err
}
