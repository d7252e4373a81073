package wire

import (
	"encoding/binary"
	"slices"
)

// itemVersion is the first byte of every item, and with that of every binary message. No JSON begins with it.
const itemVersion = 1

// itemHead is the size of what stands before an item's bytes:
//
//	ver u8 = 1 | kind u8 | from u16 | to u16 | len u32          big endian; then len bytes
const itemHead = 1 + 1 + 2 + 2 + 4

// Kinds of items (e2ee.md, 7). The relay passes on any kind.
const (
	ItemHS1    uint8 = 1   // first message of a handshake
	ItemHS2    uint8 = 2   // its answer
	ItemHS3    uint8 = 3   // its end
	ItemRecord uint8 = 16  // record of a channel
	ItemAbort  uint8 = 127 // the handshake or the channel is given up
)

// Item is what one member of an encrypted room says to one other. The relay cannot read it.
type Item struct {
	Kind uint8
	From MemberIndex // set by the relay: what a client writes there means nothing
	To   MemberIndex
	Data []byte // at most MaxItem bytes
}

// Sealed is the only binary message, of clients and of the relay: 1 … [MaxItems] items back to back. It has no number.
// A client's items may be for many members; the relay sends each member its own, in the order in which one member sent
// them to it, perhaps several messages in one. What cannot be delivered is dropped in silence: the room is not encrypted,
// the member is not there or has lost its connection, or there are too many (see "Limits").
type Sealed struct {
	Items []Item
}

func (*Sealed) clientType() string { return "" }
func (*Sealed) serverType() string { return "" }

func (m *Sealed) check() error {
	if len(m.Items) == 0 || len(m.Items) > MaxItems || m.size() > MaxMessage {
		return bad("items")
	}
	for _, x := range m.Items {
		if len(x.Data) > MaxItem {
			return bad("item.size")
		}
	}
	return nil
}

// size is the length of m in bytes as it is sent.
func (m *Sealed) size() int {
	n := 0
	for _, x := range m.Items {
		n += x.Size()
	}
	return n
}

// Size is the length of x in bytes as it is sent.
func (x Item) Size() int { return itemHead + len(x.Data) }

// Binary reports whether a message goes into a binary WebSocket frame, as items do. JSON goes into text frames.
func Binary(message []byte) bool { return len(message) > 0 && message[0] == itemVersion }

// Pack divides items into as few messages as their order and the limits of a message allow. An item over [MaxItem] is
// the caller's fault: its message is then refused by [EncodeClient]. The messages share the memory of items.
func Pack(items []Item) []*Sealed {
	var out []*Sealed
	for len(items) > 0 {
		n, size := 0, 0
		for n < len(items) && n < MaxItems && (n == 0 || size+items[n].Size() <= MaxMessage) {
			size += items[n].Size()
			n++
		}
		out = append(out, &Sealed{Items: items[:n:n]})
		items = items[n:]
	}
	return out
}

// encode writes m, which has been checked.
func (m *Sealed) encode() []byte {
	b := make([]byte, 0, m.size())
	for _, x := range m.Items {
		b = append(b, itemVersion, x.Kind)
		b = binary.BigEndian.AppendUint16(b, uint16(x.From))
		b = binary.BigEndian.AppendUint16(b, uint16(x.To))
		b = binary.BigEndian.AppendUint32(b, uint32(len(x.Data)))
		b = append(b, x.Data...)
	}
	return b
}

// decodeSealed reads a binary message. The items share the memory of b. It returns [CodeBadMessage] or [CodeTooLarge]
// for everything that EncodeClient does not write.
func decodeSealed(b []byte) (*Sealed, error) {
	if len(b) > MaxMessage {
		return nil, Refuse(CodeTooLarge)
	}
	n := 0
	for rest := b; len(rest) > 0; n++ {
		// Nothing is kept before all of it is known to be good: a length cannot ask for memory.
		size, ok := itemSize(rest)
		if !ok || n == MaxItems {
			return nil, bad("items")
		}
		rest = rest[size:]
	}
	if n == 0 {
		return nil, bad("items")
	}
	m := &Sealed{Items: make([]Item, 0, n)}
	for len(b) > 0 {
		size, _ := itemSize(b)
		m.Items = append(m.Items, Item{
			Kind: b[1],
			From: MemberIndex(binary.BigEndian.Uint16(b[2:])),
			To:   MemberIndex(binary.BigEndian.Uint16(b[4:])),
			Data: slices.Clip(b[itemHead:size]),
		})
		b = b[size:]
	}
	return m, nil
}

// itemSize is the length of the item at the beginning of b. ok is false where there is none.
func itemSize(b []byte) (size int, ok bool) {
	if len(b) < itemHead || b[0] != itemVersion {
		return 0, false
	}
	n := binary.BigEndian.Uint32(b[itemHead-4:])
	if n > MaxItem || int(n) > len(b)-itemHead {
		return 0, false
	}
	return itemHead + int(n), true
}
