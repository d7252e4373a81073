package bot

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestABottleneckHoldsPacketsBackAndDropsWhatItCannotHold(t *testing.T) {
	p := &path{net: &network{}}
	begin := time.Unix(1, 0)
	shape := &Network{Rate: 8 * 10 * (972 + overhead), Delay: 40 * time.Millisecond, Queue: 300 * time.Millisecond}
	for range 10 {
		p.take(shape, begin, make([]byte, 972), nil)
	}
	var due []time.Duration
	for _, x := range p.queue {
		due = append(due, x.due.Sub(begin))
	}
	const tenth = 100 * time.Millisecond
	assert.Equal(t, []time.Duration{tenth + shape.Delay, 2*tenth + shape.Delay, 3*tenth + shape.Delay, 4*tenth + shape.Delay}, due)
	assert.EqualValues(t, 6, p.net.full.Load())
	p.take(shape, begin.Add(time.Second), make([]byte, 972), nil)
	assert.Equal(t, 1100*time.Millisecond+shape.Delay, p.queue[4].due.Sub(begin), "it is free again")
}

func TestPacketsOvertakeOneAnotherAsFarAsJitterSays(t *testing.T) {
	p := &path{net: &network{}}
	begin := time.Unix(1, 0)
	for i := range 100 {
		p.take(&Network{Jitter: 50 * time.Millisecond}, begin.Add(time.Duration(i)*time.Millisecond), []byte{byte(i)}, nil)
	}
	overtook := 0
	for i, x := range p.queue {
		late := x.due.Sub(begin) - time.Duration(x.b[0])*time.Millisecond
		assert.True(t, late >= 0 && late < 50*time.Millisecond)
		if i > 0 {
			assert.False(t, x.due.Before(p.queue[i-1].due))
			if x.b[0] < p.queue[i-1].b[0] {
				overtook++
			}
		}
	}
	assert.Positive(t, overtook)
}

func TestLossIsAShareOfThePackets(t *testing.T) {
	p := &path{net: &network{}}
	for range 10000 {
		p.take(&Network{Loss: 0.1}, time.Unix(1, 0), []byte{0}, nil)
	}
	// Six standard deviations to each side.
	assert.InDelta(t, 1000, p.net.lost.Load(), 180)
}
