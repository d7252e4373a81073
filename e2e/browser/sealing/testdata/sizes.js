// Says how long each frame is that arrives, but for its SFrame header, which grows with the counter alone (RFC 9605,
// section 4.3). Frames go no further. Empty ones are padding, with which senders find out how much the line carries.
onrtctransform = ({ transformer: { readable } }) => readable.pipeTo(new WritableStream({
	write({ data }) {
		if (!data.byteLength) return;
		const config = new Uint8Array(data)[0];
		const header = 1 + (config & 0x80 ? (config >> 4 & 7) + 1 : 0) + (config & 8 ? (config & 7) + 1 : 0);
		postMessage(data.byteLength - header);
	},
}));
