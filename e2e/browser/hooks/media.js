// Synthetic devices; settings comes from hooks.Participant.
const devices = navigator.mediaDevices;
if (!devices) return; // not a secure context: the page sees that for itself

const own = devices.getUserMedia.bind(devices);
const width = settings.width || 640, height = settings.height || 360, rate = settings.rate || 15;

// One drawing loop serves all canvases. An interval, not animation frames:
// a hidden page's camera goes on, too.
const canvases = new Map();
function canvas(colour, w, h, { grain, dust } = {}) {
	const name = [colour, w, h, grain, dust].join();
	if (canvases.has(name)) return canvases.get(name);
	const c = document.createElement('canvas');
	c.width = w;
	c.height = h;
	const g = c.getContext('2d', { alpha: false });
	const noise = grain || dust ? sand(w + 128, h + 128) : null;
	let n = 0;
	const draw = () => {
		g.fillStyle = colour;
		g.fillRect(0, 0, w, h);
		const shift = () => grain ? -Math.random() * 128 : 0;
		if (noise) g.drawImage(noise, shift(), shift());
		// The block moves, so that every frame differs; the middle stays plain.
		g.fillStyle = 'black';
		g.fillRect((n++ * 8) % w, h - h / 10, w / 20, h / 10);
	};
	draw();
	setInterval(draw, 1000 / rate);
	canvases.set(name, c);
	return c;
}

// Soft spots, lighter and darker than what they lie on.
function sand(w, h) {
	const fine = document.createElement('canvas'), c = document.createElement('canvas');
	fine.width = w / 4;
	fine.height = h / 4;
	const g = fine.getContext('2d'), spots = g.createImageData(fine.width, fine.height);
	for (let i = 0; i < spots.data.length; i += 4) {
		spots.data.fill(Math.random() < 0.5 ? 0 : 255, i, i + 3);
		spots.data[i + 3] = 96 * Math.random();
	}
	g.putImageData(spots, 0, 0);
	c.width = w;
	c.height = h;
	c.getContext('2d').drawImage(fine, 0, 0, w, h);
	return c;
}

let audio;
const tones = new Map();
async function tone(hertz) {
	audio ??= new AudioContext();
	if (audio.state !== 'running') await audio.resume();
	const sink = audio.createMediaStreamDestination();
	if (!tones.has(hertz)) {
		const oscillator = audio.createOscillator(), gain = audio.createGain();
		oscillator.frequency.value = hertz;
		const mine = () => !settings.turns || Math.floor(Date.now() / 2000) % settings.turns === settings.turn;
		const speak = () => { gain.gain.value = hertz && mine() ? 0.25 : 0; };
		speak();
		if (settings.turns) setInterval(speak, 50);
		oscillator.connect(gain);
		oscillator.start();
		tones.set(hertz, gain);
	}
	tones.get(hertz).connect(sink);
	return sink.stream.getAudioTracks()[0];
}

// A real device's track has a label and names its device.
function named(track, label, deviceId) {
	const inner = track.getSettings.bind(track);
	Object.defineProperty(track, 'label', { value: label });
	track.getSettings = () => ({ ...inner(), deviceId });
	return track;
}

const list = [
	{ kind: 'videoinput', deviceId: 'camera', label: 'Test camera' },
	{ kind: 'audioinput', deviceId: 'microphone', label: 'Test microphone' },
	{ kind: 'audiooutput', deviceId: 'speaker', label: 'Test speaker' },
].map(d => ({ groupId: 'test', ...d, toJSON() { return { ...this }; } }));

devices.enumerateDevices = async () => (settings.refuse ? [] : list);

devices.getUserMedia = async constraints => {
	if (settings.refuse) throw new DOMException('refused by the test', settings.refuse);
	if (!constraints?.audio && !constraints?.video) throw new TypeError('neither audio nor video wanted');
	const stream = new MediaStream();
	if (constraints.video) {
		const picture = canvas(settings.colour || 'grey', width, height, settings).captureStream(rate);
		stream.addTrack(named(picture.getVideoTracks()[0], 'Test camera', 'camera'));
	}
	if (constraints.audio) {
		const track = settings.ownMicrophone
			? (await own({ audio: true })).getAudioTracks()[0]
			: await tone(settings.tone);
		stream.addTrack(named(track, 'Test microphone', 'microphone'));
	}
	return stream;
};

devices.getDisplayMedia = async constraints => {
	if (!navigator.userActivation.isActive) {
		throw new DOMException('a screen is shared after a click only', 'InvalidStateError');
	}
	const picture = canvas(settings.screenColour || 'white', 1280, 720).captureStream(rate);
	const stream = new MediaStream([named(picture.getVideoTracks()[0], 'Test screen', 'screen')]);
	if (constraints?.audio && settings.screenTone) {
		stream.addTrack(named(await tone(settings.screenTone), 'Test tab', 'tab'));
	}
	return stream;
};
