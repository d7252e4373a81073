package bare

import (
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEveryCopyIsTimed(t *testing.T) {
	r, w := io.Pipe()
	go func() { _ = Serve(3, w) }() // ends with the test's process: it waits for packets of nobody
	var port int
	_, err := fmt.Fscan(r, &port)
	require.NoError(t, err)
	d, err := Measure(t.Context(), Spec{Port: port, Publishers: 2, Rate: 100, Length: 200 * time.Millisecond})
	require.NoError(t, err)
	assert.Zero(t, d.Samples%3, "somebody's copy is missing")
	assert.InDelta(t, 3*2*20, d.Samples, 3*2*2)
	assert.Positive(t, d.P50)
	assert.GreaterOrEqual(t, d.P99, d.P50)
}

func TestNobodyThereIsAnError(t *testing.T) {
	_, err := Measure(t.Context(), Spec{Port: 9, Publishers: 1, Rate: 1000, Length: 10 * time.Millisecond})
	assert.Error(t, err)
}
