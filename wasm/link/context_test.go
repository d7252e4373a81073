package link

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// These hold for context.Context natively and for the page's own under node.

func TestAContextEndsWithItsParent(t *testing.T) {
	parent, end := withCancel()
	child, done := withTimeout(parent, time.Hour)
	defer done()
	require.NoError(t, child.Err())
	end()
	<-child.Done()
	require.Error(t, child.Err())
	late, done := withTimeout(parent, time.Hour)
	defer done()
	<-late.Done()
}

func TestAContextEndsAfterItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		parent, end := withCancel()
		defer end()
		child, done := withTimeout(parent, time.Second)
		defer done()
		start := time.Now()
		<-child.Done()
		assert.Equal(t, time.Second, time.Since(start))
		require.NoError(t, parent.Err())
	})
}

func TestAContextThatIsEndedTwiceEndsOnce(t *testing.T) {
	parent, end := withCancel()
	child, done := withTimeout(parent, time.Hour)
	done()
	done()
	<-child.Done()
	require.NoError(t, parent.Err())
	end()
	end()
	require.Error(t, parent.Err())
}
