//go:build js

package browser

// queue does slow things one after the other. It belongs to the core's loop.
type queue struct {
	w       *Window
	run     func(func()) // hands a function to the loop
	busy    bool
	waiting []func() (then func())
}

// do has work done in a goroutine when everything before it is done, and what it returns in the loop.
func (q *queue) do(work func() (then func())) {
	q.waiting = append(q.waiting, work)
	q.next()
}

func (q *queue) next() {
	if q.busy || len(q.waiting) == 0 {
		return
	}
	work := q.waiting[0]
	q.waiting = q.waiting[1:]
	q.busy = true
	q.w.Go(func() {
		then := work()
		q.run(func() {
			q.busy = false
			then()
			q.next()
		})
	})
}
