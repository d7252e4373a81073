package room

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestTokensAreNotPrinted(t *testing.T) {
	e := Enter{Resume: "secret", Next: "secret"}
	for _, f := range []string{"%v", "%+v", "%#v", "%s"} {
		assert.NotContains(t, fmt.Sprintf(f, e), "secret")
	}
	assert.Equal(t, "[hidden]", Token("secret").LogValue().String())
}
