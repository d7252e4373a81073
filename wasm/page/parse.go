//go:build js

package main

import (
	"errors"

	"github.com/conclave-meet/conclave/shared/roomname"
)

// parse is the answer of raw.parse.
type parse struct {
	Name string `json:"name"` // canonical; "" when it cannot be a room's name
	Code string `json:"code"` // why not: a roomname.Reason
}

func parsed(typed string) parse {
	name, err := roomname.Parse(typed)
	if err == nil {
		return parse{Name: name.Text()}
	}
	var e *roomname.Error
	if errors.As(err, &e) {
		return parse{Code: string(e.Reason)}
	}
	return parse{Code: "?"}
}
