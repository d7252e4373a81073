package handshake

// What holds secrets prints as this, whatever it is printed with.
const hidden = "[hidden]"

// String hides the passphrase from logs.
func (Room) String() string { return hidden }

// GoString hides the passphrase from %#v.
func (Room) GoString() string { return hidden }

// String hides the keys from logs.
func (Keys) String() string { return hidden }

// GoString hides the keys from %#v.
func (Keys) GoString() string { return hidden }

// String hides the keys from logs.
func (*Identity) String() string { return hidden }

// GoString hides the keys from %#v.
func (*Identity) GoString() string { return hidden }

// String hides the secrets from logs.
func (*Initiator) String() string { return hidden }

// GoString hides the secrets from %#v.
func (*Initiator) GoString() string { return hidden }

// String hides the secrets from logs.
func (*Responder) String() string { return hidden }

// GoString hides the secrets from %#v.
func (*Responder) GoString() string { return hidden }
