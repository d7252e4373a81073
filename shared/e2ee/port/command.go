package port

// Command is what the page wants of its worker.
type Command interface{ command() kind }

// NeedsPRS is the bit of a command's kind that says: it carries a passphrase, and bytes 1 to 32 are the room for its
// PRS (e2ee.md, 5).
const NeedsPRS = 0x80

// Kinds of commands.
const (
	kindOpen    kind = NeedsPRS | 1
	kindRetry   kind = NeedsPRS | 2
	kindChange  kind = NeedsPRS | 3
	kindAdopt   kind = NeedsPRS | 4
	kindWelcome kind = 1
	kindJoined  kind = 2
	kindLeft    kind = 3
	kindAway    kind = 4
	kindItems   kind = 5
	kindProfile kind = 6
	kindSay     kind = 7
	kindReact   kind = 8
	kindOthers  kind = 9
	kindUnlock  kind = 10
	kindAccept  kind = 11
	kindShow    kind = 12
	kindDecline kind = 13
	kindLeave   kind = 14
)

// Secret is a passphrase, and where it is needed what it was made into. It prints as "[hidden]".
type Secret struct {
	// PRS is Argon2id of Passphrase: zero on the way from the page, then set by the worker.
	PRS [32]byte
	// Room is the room's canonical name, which the PRS depends on too.
	Room string
	// Passphrase is cleaned (passphrase.Clean).
	Passphrase string
}

// String hides the passphrase from logs.
func (Secret) String() string { return "[hidden]" }

// GoString hides the passphrase from %#v.
func (Secret) GoString() string { return "[hidden]" }

type (
	// Open begins the session: the first command. Leads to [Ready].
	Open struct {
		Secret
		Realm string // the site's host name, as this side sees it
	}
	// Retry is another passphrase after a mismatch. Leads to [Retried].
	Retry struct{ Secret }
	// Change gives everybody another passphrase.
	Change struct{ Secret }
	// Adopt answers [Offered]: handshakes use that passphrase from then on. Leads to [Passphrase], unless somebody else
	// changed it meanwhile.
	Adopt struct {
		Secret
		Epoch uint8 // of that report
	}

	// Decline answers [Offered]: its text is no passphrase, and the present one stays.
	Decline struct{ Epoch uint8 }

	// Welcome says that the relay let us in, also after a lost connection. Others are all other members.
	Welcome struct {
		Me     uint16
		Others []Member
	}
	// Joined says that a member came, or that one who was there announced itself only now.
	Joined struct{ Member Member }
	// Left says that a member left.
	Left struct{ Index uint16 }
	// Away says whether a member's connection is lost.
	Away struct {
		Index uint16
		Away  bool
	}
	// Receive brings what the relay passed on. Its items are checked by nobody yet.
	Receive struct{ Items []Item }

	// Profile is what the others are told of the person. It may come before [Welcome].
	Profile struct{ Profile About }
	// Say sends a chat message; To 0 is everybody. Leads to [Said] from ourselves or to [Unsaid].
	Say struct {
		ID   uint64 // the page's own number for it, never used twice
		To   uint16
		Text string
	}
	// React sends a reaction.
	React struct{ Code string }
	// Others goes on to the other members although one has another passphrase.
	Others struct{}
	// Unlock lets people try again after too many attempts.
	Unlock struct{}
	// Accept goes on sending although participants do not see the same people.
	Accept struct{}
	// Leave says to the members that we go, so that they cut us off even when the relay does not tell them. Leads to
	// [Parted]. Nothing goes out after it.
	Leave struct{}
	// ShowCode says whether the person looks at the security code: [State] has it only then.
	ShowCode struct{ On bool }
)

// Member is a member as the relay names it.
type Member struct {
	Index    uint16
	Announce []byte // empty: it has not announced itself
}

// Item is an item of the wire (e2ee.md, 7).
type Item struct {
	Kind     uint8
	From, To uint16
	Data     []byte
}

// About is what a member tells the others about itself.
type About struct {
	Name   string
	Colour uint8
	Hand   int64 // when it was raised, Unix milliseconds; 0: down
}

func (*Open) command() kind     { return kindOpen }
func (*Retry) command() kind    { return kindRetry }
func (*Change) command() kind   { return kindChange }
func (*Adopt) command() kind    { return kindAdopt }
func (*Decline) command() kind  { return kindDecline }
func (*Welcome) command() kind  { return kindWelcome }
func (*Joined) command() kind   { return kindJoined }
func (*Left) command() kind     { return kindLeft }
func (*Away) command() kind     { return kindAway }
func (*Receive) command() kind  { return kindItems }
func (*Profile) command() kind  { return kindProfile }
func (*Say) command() kind      { return kindSay }
func (*React) command() kind    { return kindReact }
func (*Others) command() kind   { return kindOthers }
func (*Unlock) command() kind   { return kindUnlock }
func (*Accept) command() kind   { return kindAccept }
func (*ShowCode) command() kind { return kindShow }
func (*Leave) command() kind    { return kindLeave }
