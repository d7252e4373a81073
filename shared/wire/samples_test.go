package wire

import "strings"

// Messages of each type; every field is set in one of them.

func sampleOffer() *Offer {
	return &Offer{
		Fresh: true, ICE: ICE{Ufrag: "ab+/", Pwd: strings.Repeat("p", 22)},
		Fingerprint: strings.TrimSuffix(strings.Repeat("0F:", 32), ":"),
		Codecs: []Codec{
			{Kind: Audio, Name: "opus", PT: 111, Clock: 48000, Fmtp: "minptime=10;useinbandfec=1"},
			{Kind: Video, Name: "VP8", PT: 96, RTX: 97, Clock: 90000},
		},
		Exts:  []Ext{{URI: ExtMid, ID: 4}, {URI: ExtLevel, ID: 1}},
		Send:  []Send{{Mid: "0", Stream: Mic}, {Mid: "1", Stream: Cam, Rids: []string{"q", "h", "f"}, SSRC: 7, RTX: 8}},
		Slots: []Slot{{Mid: "2", Kind: Audio}, {Mid: "3", Kind: Video}},
	}
}

func sampleAnswer() *Answer {
	o := sampleOffer()
	return &Answer{
		ICE: o.ICE, Candidates: []string{"1 1 udp 2130706431 192.0.2.1 8080 typ host"}, Fingerprint: o.Fingerprint,
		Codecs: o.Codecs, Exts: o.Exts, Slots: []Slot{{Mid: "2", Kind: Audio, SSRC: 9}, {Mid: "3", Kind: Video, SSRC: 10, RTX: 11}},
	}
}

func clientSamples() []ClientMessage {
	return []ClientMessage{
		&Hello{
			Version: 1, Client: "web/0.1", Room: "My Room", Name: "Ann", Ticket: "ticket", Resume: "resume",
			Offer: sampleOffer(), State: Sending{Mic: true, Cam: true, Screen: true, ScreenAudio: true},
		},
		&Hello{Version: 1, Room: "My Room", Offer: sampleOffer(), E2EE: &E2EE{Announce: []byte("announce")}},
		&Auth{Ticket: "ticket"},
		&SetOffer{Offer: *sampleOffer()},
		&SetWants{Wants: []Want{{Source: Source{Member: 2, Stream: Screen}, Height: 720, Prio: 9}}},
		&SetState{Sending: Sending{Mic: true}},
		&SendChat{Text: "hello\n\tyou", To: 3},
		&SetHand{Up: true},
		&SetE2EE{},
		&SetAnnounce{E2EE: E2EE{Announce: []byte{0, 1, 255}}},
		&Ping{},
		&Leave{},
		sampleSealed(),
	}
}

func sampleSealed() *Sealed {
	return &Sealed{Items: []Item{
		{Kind: ItemHS1, From: 1, To: 0x0203, Data: []byte("first")},
		{Kind: ItemAbort, From: 0xffff, To: 2, Data: []byte{}},
		{Kind: ItemRecord, From: 1, To: 3, Data: []byte{itemVersion, 0, 0, 0}},
	}}
}

func serverSamples() []ServerMessage {
	member := Member{Index: 2, Name: "Bob", Role: Moderator, State: Sending{Cam: true}, Hand: 1700000000000, Away: true, Announce: []byte("announce")}
	slots := []SlotState{
		{Mid: "2", Source: Source{Member: 2, Stream: ScreenAudio}},
		{Mid: "3", Why: WhyBandwidth},
	}
	refusal := Error{Code: CodeRoom, Params: map[string]string{"why": "empty"}, RetryAfter: 1500}
	return []ServerMessage{
		&Waiting{For: WaitHost},
		&Welcome{
			Version: 1, Boot: "boot", Incarnation: "life", Room: "my-room", You: 2, Resume: "token", Resumed: true,
			Members: []Member{member}, Media: MediaNew, Answer: sampleAnswer(), Slots: slots, E2EE: true,
		},
		&Joined{Member: member},
		&Left{Member: 2, Why: CodeLost},
		&Changed{Member: member},
		&AnswerTo{Answer: *sampleAnswer()},
		&Slots{Slots: slots},
		&Encode{Streams: []Encoding{{Stream: Cam, Codec: "VP8", Layers: []int{0, 2}}, {Stream: Screen, Codec: "VP8", Layers: []int{}}}},
		&Speakers{Speaking: []MemberIndex{2, 1}, Dominant: 2},
		&Chat{ID: 1, From: 2, To: 3, At: 1700000000000, Text: "hello"},
		&Secured{By: 2},
		&Pong{},
		&Failure{Error: refusal},
		&Bye{Error: refusal},
		sampleSealed(),
	}
}
