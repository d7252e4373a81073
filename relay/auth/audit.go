package auth

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// auditName is the audit log's name in the data folder.
const auditName = "audit.log"

// operator is who acts on the command line or by starting the relay. It is no
// account name, for those hold no parentheses.
const operator Name = "(operator)"

// refusedEvery is how often at most a refused sign-in of one account is written
// down: a guesser must not fill the disk (7 MB a day for 500 accounts).
const refusedEvery = 10 * time.Minute

// event is one line of the audit log. It names accounts, for that is its
// purpose; it has no address and no secret, and never a name that is not an
// account's, for people type passwords into the wrong field.
type event struct {
	Time    time.Time `json:"time"` // UTC
	Who     string    `json:"who"`  // account, or operator
	What    string    `json:"what"`
	Account string    `json:"account,omitempty"` // to whom; empty for the first host's link
}

// OpenAudit opens the audit log in the folder dir for appending. It makes it
// where it is missing, and takes away the rights of others (0600).
func OpenAudit(dir string) (*os.File, error) {
	path := filepath.Join(dir, auditName)
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the audit log: %w", err)
	}
	if err := f.Chmod(0o600); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("protect the audit log: %w", err)
	}
	return f, nil
}

// note writes an event that has happened. It is too late to refuse it, so a
// write that does not succeed is only logged.
func (a *Auth) note(by Name, what string, account Name) {
	if a.audit == nil {
		return
	}
	line, err := json.Marshal(event{
		Time: a.clock().UTC(), Who: string(by), What: what, Account: string(account),
	})
	if err == nil {
		// One write per line: the file is opened for appending, so lines do not mix.
		_, err = a.audit.Write(append(line, '\n'))
	}
	if err != nil {
		a.log.Error("audit log not written", "event", what, "error", err)
	}
}

// noteRefused writes down that a wrong password was tried for an account that
// exists, the first of them in refusedEvery.
func (a *Auth) noteRefused(n Name) {
	now := a.clock()
	a.mu.Lock()
	at, ok := a.refused[n]
	first := !ok || now.Sub(at) >= refusedEvery
	if first {
		a.refused[n] = now // as many as there are accounts
	}
	a.mu.Unlock()
	if first {
		a.note(n, "sign-in-refused", n)
	}
}
