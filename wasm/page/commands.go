//go:build js

package main

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/conclave-meet/conclave/shared/wire"
	"github.com/conclave-meet/conclave/wasm/conf"
)

// What dispatch says of a command that it does not take.
const (
	cmdUnknown = "cmd.unknown"
	cmdBad     = "cmd.bad"
)

// command reads what the site dispatches: {"t": NAME, …}. code is "" when it went well.
func command(names map[string]func() conf.Event, text string) (e conf.Event, code string) {
	var head struct {
		T string `json:"t"`
	}
	if json.Unmarshal([]byte(text), &head) != nil {
		return nil, cmdBad
	}
	empty, ok := names[head.T]
	if !ok {
		return nil, cmdUnknown
	}
	e = empty()
	if json.Unmarshal([]byte(text), e) != nil {
		return nil, cmdBad
	}
	return e, ""
}

// viewport reads which video is on screen. What is no source of a member (my own picture) is left out.
func viewport(text string) (e conf.Viewport, ok bool) {
	var list []struct {
		Source string  `json:"source"`
		H      float64 `json:"h"` // device pixels need not be whole
		Prio   int     `json:"prio"`
	}
	if json.Unmarshal([]byte(text), &list) != nil {
		return e, false
	}
	for _, x := range list {
		if src, ok := source(x.Source); ok {
			e.Watch = append(e.Watch, conf.Watch{Source: src, Height: int(x.H), Prio: x.Prio})
		}
	}
	return e, true
}

// source is the inverse of conf.SourceID.
func source(id string) (s wire.Source, ok bool) {
	member, stream, ok := strings.Cut(id, "/")
	n, err := strconv.ParseUint(member, 10, 16)
	if !ok || err != nil || n == 0 || s.Stream.UnmarshalText([]byte(stream)) != nil {
		return wire.Source{}, false
	}
	s.Member = wire.MemberIndex(n)
	return s, true
}
