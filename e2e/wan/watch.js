// What a page can say about what it receives; person_linux_test.go and
// watch_linux_test.go use it.
const tile = name => [...document.querySelectorAll('[data-member]')].find(t => t.querySelector('[data-name]')?.textContent === name);
const video = name => tile(name)?.querySelector('video');
const sound = name => document.querySelector('audio[data-sound="' + tile(name)?.dataset.member + '/mic"]');

// The inbound-rtp entries of the tracks that elements play, by element.
async function inbound() {
	const entries = await probe.stats('inbound-rtp');
	return element => {
		const ids = element?.srcObject?.getTracks().map(t => t.id) ?? [];
		return entries.find(s => ids.includes(s.trackIdentifier));
	};
}

// One reading of what somebody's picture and sound have come to.
async function read(names) {
	const of = await inbound(), at = performance.now();
	return names.map(name => {
		const v = of(video(name)) ?? {}, a = of(sound(name)) ?? {};
		return {
			name, at,
			height: v.frameHeight ?? 0, decoded: v.framesDecoded ?? 0, dropped: v.framesDropped ?? 0, keys: v.keyFramesDecoded ?? 0,
			freezes: v.freezeCount ?? 0, frozen: v.totalFreezesDuration ?? 0, plis: v.pliCount ?? 0, nacks: v.nackCount ?? 0,
			packets: v.packetsReceived ?? 0, bytes: v.bytesReceived ?? 0, lost: v.packetsLost ?? 0, repaired: v.retransmittedPacketsReceived ?? 0,
			sounds: a.packetsReceived ?? 0, soundBytes: (a.bytesReceived ?? 0) + (a.headerBytesReceived ?? 0), energy: a.totalAudioEnergy ?? 0, samples: a.totalSamplesReceived ?? 0,
			concealed: a.concealedSamples ?? 0, quiet: a.silentConcealedSamples ?? 0,
		};
	});
}

// The codec of somebody's picture, as "video/VP8".
async function codec(name) {
	const picture = (await inbound())(video(name)), codecs = await probe.stats('codec');
	return codecs.find(c => c.id === picture?.codecId)?.mimeType;
}

// Notes every frame of somebody's picture from now on: when it was shown, and
// how tall it is.
function follow(name) {
	const v = video(name), list = [];
	const note = (now, frame) => {
		list.push({ at: performance.now(), height: frame.height });
		v.requestVideoFrameCallback(note);
	};
	v.requestVideoFrameCallback(note);
	follows.set(name, list);
	return performance.now();
}
const follows = new Map();

// The frames since a moment.
const frames = (name, since = 0) => follows.get(name).filter(f => f.at >= since);

// Whose pictures have shown the upper one of two layers since a moment: 360
// lines, or less where Chromium is busy, but more than the lower one's.
const high = since => [...follows.keys()].filter(name => frames(name, since).some(f => f.height > 180));

// When the box of somebody's tile was last changed by the layout.
const moved = new Map();
function observe(name) {
	moved.set(name, 0);
	let first = true;
	new ResizeObserver(() => {
		if (!first) moved.set(name, performance.now());
		first = false;
	}).observe(tile(name));
}

globalThis.watch = { tile, video, sound, read, codec, follow, frames, high, observe, moved: name => moved.get(name), height: name => tile(name)?.clientHeight };
