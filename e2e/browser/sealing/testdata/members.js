// Members of a room, as a page has them: a worker each, peer connections with its transforms. The test is the relay.
// settings.worker is the address of the worker's script.
let policy;
for (const name of ['default', 'conclave']) {
	// The site's policy allows each name once; the site itself may have taken one.
	try { policy ??= globalThis.trustedTypes?.createPolicy(name, { createScriptURL: u => u }); } catch {}
}
const script = () => policy ? policy.createScriptURL(settings.worker) : settings.worker;

const toBase64 = b => btoa(Array.from(new Uint8Array(b), c => String.fromCharCode(c)).join(''));
const fromBase64 = s => Uint8Array.from(atob(s), c => c.charCodeAt(0)).buffer;

const members = {};

function start(name) {
	const m = members[name] = { worker: new Worker(script()), reports: [], ended: '', slots: 0, senders: [], pcs: {} };
	m.worker.onmessage = e => typeof e.data === 'string' ? m.ended = e.data : m.reports.push(toBase64(e.data));
	m.worker.onerror = e => { m.ended = 'error: ' + e.message; };
}

const gathered = pc => new Promise(done => {
	const look = () => pc.iceGatheringState === 'complete' && done(pc.localDescription.sdp);
	pc.addEventListener('icegatheringstatechange', look);
	look();
});

function prefer(t, codec) {
	const all = RTCRtpReceiver.getCapabilities('video').codecs;
	t.setCodecPreferences(all.filter(c => c.mimeType === codec && !/profile-id=[1-9]|profile=1/.test(c.sdpFmtpLine ?? '')));
}

/** A track that plays a file again and again. */
async function sound(url) {
	const e = document.createElement('audio');
	Object.assign(e, { src: url, loop: true });
	document.body.append(e);
	await e.play();
	const stream = e.captureStream?.() ?? e.mozCaptureStream();
	while (!stream.getAudioTracks().length) await new Promise(again => stream.addEventListener('addtrack', again, { once: true }));
	return stream.getAudioTracks()[0];
}

/**
 * Begins to send: microphone (or a file) and camera with a codec. whole: a picture that is too much for the machine or
 * the line loses frames, not size. Comes back with the offer.
 */
async function offer(name, to, codec, { sealed = true, video = true, file = '', whole = false } = {}) {
	const m = members[name], pc = m.pcs[to] = new RTCPeerConnection();
	const stream = file ? new MediaStream([await sound(file)]) : await navigator.mediaDevices.getUserMedia({ audio: true, video });
	for (const [stream_, track] of [[0, stream.getAudioTracks()[0]], [1, stream.getVideoTracks()[0]]]) {
		if (!track) continue;
		const t = pc.addTransceiver(track, { direction: 'sendonly' });
		if (sealed) t.sender.transform = new RTCRtpScriptTransform(m.worker, { op: 'seal', stream: stream_ });
		if (stream_ === 1) {
			prefer(t, codec);
			if (whole) await t.sender.setParameters({ ...t.sender.getParameters(), degradationPreference: 'maintain-resolution' });
		}
	}
	await pc.setLocalDescription();
	return gathered(pc);
}

/** Firefox 153 keeps the feedback of codecs that were not preferred, which Chromium takes for a fault. */
function withoutLeftovers(sdp) {
	const known = new Set(Array.from(sdp.matchAll(/^a=rtpmap:(\d+) /gm), m => m[1]));
	return sdp.replace(/^a=rtcp-fb:(\d+) .*\r\n/gm, (line, type) => known.has(type) ? line : '');
}

/** Takes an offer. What comes is played in elements NAME-FROM-audio and NAME-FROM-video, once its slots have a source. */
async function answer(name, from, sdp, { sealed = true, counted = '' } = {}) {
	const m = members[name], pc = m.pcs[from] = new RTCPeerConnection();
	const slots = pc.slots = {};
	pc.ontrack = ({ track, receiver }) => {
		const audio = track.kind === 'audio';
		slots[track.kind] = m.slots++;
		if (counted) receiver.transform = new RTCRtpScriptTransform(counter(m, counted), {});
		else if (sealed) receiver.transform = new RTCRtpScriptTransform(m.worker, { op: 'open', audio, slot: slots[track.kind] });
		const e = document.createElement(track.kind);
		Object.assign(e, { id: `${name}-${from}-${track.kind}`, autoplay: true, playsInline: true, muted: !audio, srcObject: new MediaStream([track]) });
		document.body.append(e);
		e.play().catch(() => {});
	};
	await pc.setRemoteDescription({ type: 'offer', sdp: withoutLeftovers(sdp) });
	await pc.setLocalDescription();
	return gathered(pc);
}

/** A worker that lets nothing through and says how long each frame is that it gets. */
function counter(m, url) {
	m.sizes = [];
	const w = new Worker(policy ? policy.createScriptURL(url) : url);
	w.onmessage = e => m.sizes.push(e.data);
	return w;
}

/** What came of a peer connection: frames decoded, sound, codec, packets and bytes of sound sent. */
async function seen(name, other) {
	const out = { decoded: 0, energy: 0, codec: '', packets: 0, bytes: 0, width: 0 };
	const all = await members[name].pcs[other].getStats();
	for (const s of all.values()) {
		if (s.type === 'inbound-rtp' && s.kind === 'video') {
			out.decoded = s.framesDecoded ?? 0;
			out.width = s.frameWidth ?? 0;
			out.codec = all.get(s.codecId)?.mimeType ?? '';
		}
		if (s.type === 'inbound-rtp' && s.kind === 'audio') out.energy = s.totalAudioEnergy ?? 0;
		if (s.type === 'outbound-rtp' && s.kind === 'audio') [out.packets, out.bytes] = [s.packetsSent, s.bytesSent];
	}
	return out;
}

globalThis.sealing = {
	start, offer, answer, seen,
	command: (name, bytes) => { const b = fromBase64(bytes); members[name].worker.postMessage(b, [b]); },
	reports: name => ({ reports: members[name].reports.splice(0), ended: members[name].ended }),
	/** opus: what is asked for of sound, instead of what the other asked for. */
	accept: (name, to, sdp, opus) => {
		const type = /^a=rtpmap:(\d+) opus\//m.exec(sdp)?.[1];
		if (opus) sdp = sdp.replace(new RegExp(`^a=fmtp:${type} .*$`, 'm'), `a=fmtp:${type} ${opus}`);
		return members[name].pcs[to].setRemoteDescription({ type: 'answer', sdp }).then(() => true);
	},
	sizes: name => members[name].sizes,
	show: (name, from, kind, source) => members[name].worker.postMessage({ t: 'slot', slot: members[name].pcs[from].slots[kind], source }),
	hang: (name, other) => {
		const pc = members[name].pcs[other];
		pc.getSenders().forEach(s => s.track?.stop());
		pc.close();
		for (const kind of ['audio', 'video']) document.getElementById(`${name}-${other}-${kind}`)?.remove();
	},
};
