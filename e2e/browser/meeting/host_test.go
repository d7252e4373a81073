package meeting

import (
	"fmt"

	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/e2e/browser/people"
)

// becomesHost makes the first host account and signs in, as the enrolment page does.
func becomesHost(p *people.Person, r *relay) {
	p.T.Helper()
	token, err := r.FirstHost()
	require.NoError(p.T, err)
	p.Goes("/")
	var status int
	p.Eval(fmt.Sprintf(`fetch('/_/api/enrol', {method: 'POST', headers: {'Content-Type': 'application/json'},
		body: JSON.stringify({token: %q, name: 'host', password: %q})}).then(r => r.status)`, token, password), &status)
	require.Equal(p.T, 200, status)
}

const password = "correct horse battery"
