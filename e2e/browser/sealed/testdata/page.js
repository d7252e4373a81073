// Put into each page: keeps what the worker's tap says, and what the page tells the relay.
const frames = [], said = [];
new BroadcastChannel('tap').onmessage = e => frames.push(e.data);

const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (message) {
	said.push(typeof message === 'string' ? new TextEncoder().encode(message) : new Uint8Array(message).slice());
	return send.call(this, message);
};

const base64 = bytes => {
	let text = '';
	for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
	return btoa(text);
};

globalThis.tap = {
	// The frames so far, from number n on, as many as make a megabyte.
	frames(n) {
		const out = [];
		for (let size = 0; n < frames.length && size < 1e6; n++) {
			const { clear, sealed, ...about } = frames[n];
			size += clear.byteLength + sealed.byteLength;
			out.push({ ...about, clear: base64(new Uint8Array(clear)), sealed: base64(new Uint8Array(sealed)) });
		}
		return out;
	},
	said: () => said.map(base64),
	frameCount: () => frames.length,
};

// Has this page's own frames written down in a meeting in clear: a worker that changes nothing.
globalThis.tapClear = script => {
	const policy = trustedTypes.createPolicy('conclave', { createScriptURL: url => url });
	let worker;
	const inner = RTCPeerConnection.prototype.addTransceiver;
	RTCPeerConnection.prototype.addTransceiver = function (...args) {
		const t = inner.apply(this, args);
		if (t.direction === 'sendonly') { // at once: Chromium takes no transform later
			worker ??= new Worker(policy.createScriptURL(script), { name: 'clear' });
			t.sender.transform = new RTCRtpScriptTransform(worker, { op: 'seal', stream: -1 });
		}
		return t;
	};
};

// What a decoder makes of pictures ([{key, data: base64}, …]): how many there are, and how many of them are of a colour in
// the middle. A decoder that has given up is replaced by a new one, and begins with the next key frame.
globalThis.decodeAll = async (codec, chunks, red, green, blue) => {
	const eye = document.createElement('canvas').getContext('2d', { willReadFrequently: true, alpha: false });
	eye.canvas.width = eye.canvas.height = 16;
	const seen = { chunks: chunks.length, pictures: 0, right: 0, errors: 0 };
	const look = frame => {
		const w = frame.codedWidth / 5, h = frame.codedHeight / 5;
		eye.drawImage(frame, 2 * w, 2 * h, w, h, 0, 0, 16, 16);
		frame.close();
		const { data } = eye.getImageData(0, 0, 16, 16), sum = [0, 0, 0];
		for (let i = 0; i < data.length; i++) if (i % 4 < 3) sum[i % 4] += data[i] / 256;
		seen.pictures++;
		if ([red, green, blue].every((c, i) => Math.abs(c - sum[i]) <= 40)) seen.right++;
	};
	let decoder, fresh;
	for (const [i, chunk] of chunks.entries()) {
		if (decoder?.state !== 'configured') {
			decoder = new VideoDecoder({ output: look, error: () => seen.errors++ });
			decoder.configure({ codec });
			fresh = true;
		}
		if (fresh && !chunk.key) continue;
		fresh = false;
		try {
			decoder.decode(new EncodedVideoChunk({
				type: chunk.key ? 'key' : 'delta', timestamp: i * 33_000, data: Uint8Array.from(atob(chunk.data), c => c.charCodeAt(0)),
			}));
			if (i % 16 === 15) await decoder.flush();
		} catch {
			seen.errors++;
		}
	}
	if (decoder?.state === 'configured') await decoder.flush().catch(() => seen.errors++);
	return seen;
};

// The core, and what it shows the site.
let ports;
globalThis.view = {};
Object.defineProperty(globalThis, 'conclavePorts', {
	get: () => ports,
	set(p) {
		const { deliver, ready } = p;
		p.ready = raw => {
			globalThis.core = raw;
			ready.call(p, raw);
		};
		p.deliver = json => {
			Object.assign(view, JSON.parse(json));
			deliver.call(p, json);
		};
		ports = p;
	},
});
