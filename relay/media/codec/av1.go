package codec

// av1 reads an aggregation header (AV1 RTP specification, section 4.4) and none of the OBUs behind it. It shows the
// beginning of a coded video sequence (N), which is a key frame; all else is in the dependency descriptor.
func (i *Info) av1(b []byte) bool {
	const continues, begins = 0x80, 0x08 // Z and N
	if len(b) < 2 || b[0]&(continues|begins) == continues|begins {
		return false
	}
	i.Key = b[0]&begins != 0
	i.Start = i.Key // other beginnings are not marked
	return true
}
