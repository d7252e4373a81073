//go:build js

package browser

import "syscall/js"

// hiddenFrame is the pace of a page that nobody sees, in milliseconds: there are no animation frames then.
const hiddenFrame = 250

// Frames calls a function before the browser draws, at most once a frame, when it was asked for.
type Frames struct {
	fire    js.Func
	asked   bool
	frame   js.Value
	timeout js.Value
}

// NewFrames makes Frames that call run, in the callback: run posts and returns.
func (w *Window) NewFrames(run func()) *Frames {
	f := new(Frames)
	f.fire = w.Func(func([]js.Value) any {
		if !f.asked {
			return nil
		}
		f.asked = false
		// Whichever was not the one that fired: the page may have become hidden or visible meanwhile.
		js.Global().Call("cancelAnimationFrame", f.frame)
		js.Global().Call("clearTimeout", f.timeout)
		run()
		return nil
	})
	return f
}

// Ask has the function called at the next frame.
func (f *Frames) Ask() {
	if f.asked {
		return
	}
	f.asked = true
	f.frame = js.Global().Call("requestAnimationFrame", f.fire)
	f.timeout = js.Global().Call("setTimeout", f.fire, hiddenFrame)
}
