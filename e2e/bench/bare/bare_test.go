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
	d, err := Measure(t.Context(), port, 100, 200*time.Millisecond)
	require.NoError(t, err)
	assert.Equal(t, 3*20, d.Samples)
	assert.Positive(t, d.P50)
	assert.GreaterOrEqual(t, d.P99, d.P50)
}

func TestNobodyThereIsAnError(t *testing.T) {
	_, err := Measure(t.Context(), 9, 1000, 10*time.Millisecond)
	assert.Error(t, err)
}
