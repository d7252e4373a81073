package bidi

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// placeScript waits until the element can be clicked by a person: there, on
// screen, standing still, enabled, and not under something else. %s is the
// selector as a JavaScript string. It yields the centre in CSS pixels.
const placeScript = `(async () => {
	const frame = () => new Promise(next => requestAnimationFrame(next));
	const find = () => document.querySelector(%s);
	const end = performance.now() + 400;
	let why = 'no such element';
	for (let before = ''; performance.now() < end; await frame()) {
		const e = find();
		if (!e) continue;
		e.scrollIntoView({block: 'center', inline: 'center', behavior: 'instant'});
		const r = e.getBoundingClientRect(), now = [r.x, r.y, r.width, r.height].join();
		const x = Math.round(r.x + r.width / 2), y = Math.round(r.y + r.height / 2);
		const top = document.elementFromPoint(x, y);
		if (e.matches(':disabled')) why = 'disabled';
		else if (!r.width || !r.height) why = 'not shown';
		else if (!top) why = 'out of view';
		else if (!e.contains(top) && !top.contains(e) && !top.closest('label')?.contains(e)) why = 'covered by ' + top.outerHTML.slice(0, 120);
		else if (now !== before) why = 'moving';
		else return {x, y};
		before = now;
	}
	return {why};
})()`

// Click clicks the first element that matches the CSS selector with the mouse,
// as a person would: it waits until the element can be clicked.
func (p *Page) Click(ctx context.Context, selector string) error {
	ctx, cancel := bounded(ctx)
	defer cancel()
	place, err := p.place(ctx, selector)
	if err != nil {
		return fmt.Errorf("click %s: %w", selector, err)
	}
	return p.act(ctx, "pointer", "mouse", []object{
		{"type": "pointerMove", "x": place.X, "y": place.Y},
		{"type": "pointerDown", "button": 0},
		{"type": "pointerUp", "button": 0},
	})
}

// MoveTo moves the mouse over the element: what shows on hovering shows.
func (p *Page) MoveTo(ctx context.Context, selector string) error {
	ctx, cancel := bounded(ctx)
	defer cancel()
	place, err := p.place(ctx, selector)
	if err != nil {
		return fmt.Errorf("move to %s: %w", selector, err)
	}
	return p.act(ctx, "pointer", "mouse", []object{{"type": "pointerMove", "x": place.X, "y": place.Y}})
}

// place is a point of the window in CSS pixels, or why there is none.
type place struct {
	X, Y int
	Why  string
}

func (p *Page) place(ctx context.Context, selector string) (place, error) {
	quoted, err := json.Marshal(selector)
	if err != nil {
		return place{}, err
	}
	why := ""
	for {
		var found place
		err := p.Eval(ctx, fmt.Sprintf(placeScript, quoted), &found)
		if err == nil && found.Why == "" {
			return found, nil
		}
		if err == nil {
			why = found.Why
		} else if ctx.Err() == nil {
			why = err.Error() // the page is navigating
		}
		select {
		case <-ctx.Done():
			return place{}, fmt.Errorf("%w: %s%s", ctx.Err(), why, p.lastLines())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (p *Page) act(ctx context.Context, kind, device string, actions []object) error {
	return p.call(ctx, "input.performActions", object{
		"actions": []object{{"type": kind, "id": device, "actions": actions}},
	}, nil)
}

// Type clicks the element and types text behind what is there.
func (p *Page) Type(ctx context.Context, selector, text string) error {
	if err := p.Click(ctx, selector); err != nil {
		return err
	}
	if err := p.Press(ctx, "End"); err != nil {
		return err
	}
	return p.keys(ctx, strings.Split(text, ""))
}

// Fill clicks the element and types text in place of what is there.
func (p *Page) Fill(ctx context.Context, selector, text string) error {
	if err := p.Click(ctx, selector); err != nil {
		return err
	}
	if err := p.Press(ctx, "Control+a"); err != nil {
		return err
	}
	if text == "" {
		return p.Press(ctx, "Delete")
	}
	return p.keys(ctx, strings.Split(text, ""))
}

func (p *Page) keys(ctx context.Context, characters []string) error {
	actions := make([]object, 0, 2*len(characters))
	for _, c := range characters {
		actions = append(actions, object{"type": "keyDown", "value": c}, object{"type": "keyUp", "value": c})
	}
	return p.act(ctx, "key", "keyboard", actions)
}

// WebDriver, section 17.4.2: keys without a character have code points of
// their own.
var namedKeys = map[string]string{
	"Enter": "\uE007", "Tab": "\uE004", "Escape": "\uE00C", "Backspace": "\uE003", "Delete": "\uE017", "Space": " ",
	"ArrowLeft": "\uE012", "ArrowUp": "\uE013", "ArrowRight": "\uE014", "ArrowDown": "\uE015",
	"PageUp": "\uE00E", "PageDown": "\uE00F", "End": "\uE010", "Home": "\uE011",
	"Shift": "\uE008", "Control": "\uE009", "Alt": "\uE00A", "Meta": "\uE03D",
	"F1": "\uE031", "F2": "\uE032", "F5": "\uE035", "F6": "\uE036", "F11": "\uE03B",
}

func keyValue(key string) string {
	if value, ok := namedKeys[key]; ok {
		return value
	}
	return key
}

// Press presses and releases a key or a chord: "Enter", "a", "Control+Shift+m".
// Keys are named as KeyboardEvent.key names them; the space bar is "Space".
func (p *Page) Press(ctx context.Context, chord string) error {
	if err := p.KeyDown(ctx, chord); err != nil {
		return err
	}
	return p.KeyUp(ctx, chord)
}

// KeyDown presses the keys of a chord and holds them, until KeyUp.
func (p *Page) KeyDown(ctx context.Context, chord string) error {
	var actions []object
	for _, key := range chordKeys(chord) {
		actions = append(actions, object{"type": "keyDown", "value": keyValue(key)})
	}
	return p.act(ctx, "key", "keyboard", actions)
}

// KeyUp releases the keys of a chord, the last first.
func (p *Page) KeyUp(ctx context.Context, chord string) error {
	var actions []object
	for _, key := range chordKeys(chord) {
		actions = append([]object{{"type": "keyUp", "value": keyValue(key)}}, actions...)
	}
	return p.act(ctx, "key", "keyboard", actions)
}

// chordKeys splits a chord at "+"; a "+" alone is the key of that name.
func chordKeys(chord string) []string {
	if chord == "+" {
		return []string{"+"}
	}
	return strings.Split(chord, "+")
}
