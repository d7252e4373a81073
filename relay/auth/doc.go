// Package auth knows who may open a room: host accounts, their passwords,
// enrolment links, sessions, and how often somebody may try.
//
// A host account begins with an invitation. The operator names the account and
// gets a one-use link; whoever opens the link chooses the password, so that no
// operator ever knows one. While nobody has enrolled, EnsureFirstHost makes a
// link whose holder also chooses the name.
//
//	invite, reset, first host ──► Enrol ──► Session ──► Ticket ──► Redeem
//	                              SignIn ──►                       (the socket)
//
// Four kinds of secret leave the package: links, session tokens and tickets
// (all of type Token, 32 random bytes in base64url), and none of them is stored:
// the store holds their SHA-256, and tickets live in memory only. Passwords are
// kept as Argon2id in PHC form.
//
// Every error a person can meet is an *Error with a code; all others are
// faults of the relay (the disk, the random source) and are shown as "internal".
//
// Nothing personal goes to the log: names, tokens and passwords are types that
// print as "[hidden]". The audit log alone holds account names: what was done to
// an account, by whom and when, without addresses and without secrets.
//
// Files:
//
//	auth.go      Config, Auth: what ties the rest together
//	account.go   Name, Account and what may be done to one
//	enrol.go     links: making, looking at, spending
//	signin.go    names and passwords in, sessions out
//	session.go   session look-up and end
//	ticket.go    one-use tickets for the signalling socket (pure)
//	throttle.go  how often somebody may try (pure)
//	hasher.go    how many passwords are hashed at once
//	phc.go       a password hash in PHC form (pure)
//	store.go     what auth needs of a store, and its records
//	file.go      that store in one bbolt file: opening and checking it
//	bolttx.go    its transactions
//	secret.go    tokens and passwords, which print as nothing
//	error.go     the refusals
//	audit.go     the audit log
package auth
