// Probes; hooks.Probe documents them.
const peers = [];
let negotiations = 0;

if (globalThis.RTCPeerConnection) {
	for (const name of ['setLocalDescription', 'setRemoteDescription']) {
		const inner = RTCPeerConnection.prototype[name];
		RTCPeerConnection.prototype[name] = function (...args) {
			negotiations++;
			return inner.apply(this, args);
		};
	}
	globalThis.RTCPeerConnection = new Proxy(RTCPeerConnection, {
		construct(inner, args, target) {
			const peer = Reflect.construct(inner, args, target);
			peers.push(peer);
			return peer;
		},
	});
}

const sockets = [];
globalThis.WebSocket = new Proxy(WebSocket, {
	construct(inner, args, target) {
		sockets.push(String(new URL(args[0], location.href)));
		return Reflect.construct(inner, args, target);
	},
});

const element = e => (typeof e === 'string' ? document.querySelector(e) : e);

const eye = document.createElement('canvas').getContext('2d', { willReadFrequently: true, alpha: false });
eye.canvas.width = eye.canvas.height = 16;

function average() {
	const { data } = eye.getImageData(0, 0, 16, 16), sum = [0, 0, 0];
	for (let i = 0; i < data.length; i++) if (i % 4 < 3) sum[i % 4] += data[i];
	return sum.map(s => Math.round(s / 256));
}

function colour(video) {
	const v = element(video);
	if (!v?.videoWidth || v.readyState < 2) return null;
	const w = v.videoWidth / 5, h = v.videoHeight / 5;
	eye.drawImage(v, 2 * w, 2 * h, w, h, 0, 0, 16, 16);
	return average();
}

function near(video, wanted, by = 40) {
	const got = colour(video);
	if (!got) return false;
	eye.fillStyle = wanted;
	eye.fillRect(0, 0, 16, 16);
	return average().every((c, i) => Math.abs(c - got[i]) <= by);
}

function frames(video) {
	return element(video)?.getVideoPlaybackQuality().totalVideoFrames ?? 0;
}

// One analyser for each stream, kept: a new one needs a moment to fill.
let audio;
const analysers = new WeakMap();
function analyser(source) {
	const s = element(source), stream = s instanceof MediaStream ? s : s?.srcObject;
	if (!stream?.getAudioTracks().length) return null;
	if (!analysers.has(stream)) {
		audio ??= new AudioContext();
		const a = audio.createAnalyser();
		a.fftSize = 8192; // 5.9 Hz wide bins at 48 kHz, 170 ms of sound
		a.smoothingTimeConstant = 0;
		// Kept with the analyser: a source that is collected falls silent.
		a.source = audio.createMediaStreamSource(stream);
		a.source.connect(a);
		analysers.set(stream, a);
	}
	return analysers.get(stream);
}

async function tones(source) {
	const a = analyser(source);
	if (!a) return [];
	if (audio.state !== 'running') await audio.resume();
	await new Promise(filled => setTimeout(filled, 250));
	const bins = new Float32Array(a.frequencyBinCount);
	a.getFloatFrequencyData(bins);
	const peaks = [];
	for (let i = 2; i < bins.length - 2; i++) {
		const [l, m, r] = [bins[i - 1], bins[i], bins[i + 1]];
		if (m < -80 || m < l || m <= r || m < bins[i - 2] || m < bins[i + 2]) continue;
		// A parabola through the three bins finds the peak between them.
		const shift = (l - r) / (2 * (l - 2 * m + r));
		peaks.push({ hz: Math.round(((i + shift) * audio.sampleRate) / a.fftSize), db: Math.round(m) });
	}
	peaks.sort((p, q) => q.db - p.db);
	return peaks.filter(p => p.db > peaks[0].db - 30);
}

async function stats(type) {
	const reports = await Promise.all(peers.filter(p => p.connectionState !== 'closed').map(p => p.getStats()));
	return reports.flatMap(r => [...r.values()]).filter(s => !type || s.type === type);
}

globalThis.probe = {
	peers, sockets, colour, near, frames, tones, stats,
	tone: async source => (await tones(source))[0] ?? { hz: 0, db: -Infinity },
	negotiations: () => negotiations,
};
