package conf

// Commands maps the name that dispatch uses to an empty command. tsgen makes the TypeScript union of it.
func Commands() map[string]func() Event {
	return map[string]func() Event{
		"room.open":     func() Event { return new(OpenRoom) },
		"home":          func() Event { return new(Home) },
		"name":          func() Event { return new(SetName) },
		"join":          func() Event { return new(Join) },
		"leave":         func() Event { return new(Leave) },
		"rejoin":        func() Event { return new(Rejoin) },
		"mic":           func() Event { return new(Mic) },
		"cam":           func() Event { return new(Cam) },
		"device":        func() Event { return new(SetDevice) },
		"devices.retry": func() Event { return new(RetryDevices) },
		"share":         func() Event { return new(ShareScreen) },
		"chat.send":     func() Event { return new(Say) },
		"chat.seen":     func() Event { return new(ChatSeen) },
		"hand":          func() Event { return new(Hand) },
		"auth.signin":   func() Event { return new(SignIn) },
		"auth.signout":  func() Event { return new(SignOut) },
		"auth.enrol":    func() Event { return new(Enrol) },

		"crypto.passphrase": func() Event { return new(CryptoPassphrase) },
		"crypto.on":         func() Event { return new(CryptoOn) },
		"crypto.others":     func() Event { return new(CryptoOthers) },
		"crypto.change":     func() Event { return new(CryptoChange) },
		"crypto.unlock":     func() Event { return new(CryptoUnlock) },
		"crypto.accept":     func() Event { return new(CryptoAccept) },
		"crypto.code":       func() Event { return new(CryptoCode) },
	}
}
