// What a frame costs in a worker: our program beside WebCrypto's AES-GCM, in turns, so that both meet the same machine.
import '/wasm_exec.js';
import { Side, meet } from '/pair.mjs';

const MIC = 0, OPUS = 1, AUDIO = 1;

async function pair() {
	const module = await WebAssembly.compileStreaming(fetch('/sealer.wasm'));
	const run = async index => {
		const go = new Go();
		return new Side(go, await WebAssembly.instantiate(module, go.importObject), index);
	};
	const from = await run(1), to = await run(2);
	meet(from, to);
	return {
		seal: frame => from.seal(MIC, OPUS, 0, frame),
		open: sealed => to.open(AUDIO, MIC, sealed),
		memory: () => from.x.mem.buffer.byteLength + to.x.mem.buffer.byteLength,
	};
}

// As others do it: a fresh nonce behind each frame.
async function webCrypto() {
	const key = await crypto.subtle.importKey('raw', new Uint8Array(16), 'AES-GCM', false, ['encrypt', 'decrypt']);
	let counter = 0;
	return {
		async seal(frame) {
			const iv = new Uint8Array(12);
			new DataView(iv.buffer).setUint32(8, ++counter);
			const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, frame);
			const out = new Uint8Array(sealed.byteLength + 12);
			out.set(new Uint8Array(sealed));
			out.set(iv, sealed.byteLength);
			return out;
		},
		async open(sealed) {
			const n = sealed.length - 12;
			return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv: sealed.subarray(n) }, key, sealed.subarray(0, n)));
		},
	};
}

const median = a => a.sort((x, y) => x - y)[a.length >> 1];

/** Microseconds per frame of each step. */
async function measure(ours, theirs, size) {
	const frame = Uint8Array.from({ length: size }, (_, i) => i * 31);
	const batch = Math.max(4, Math.ceil(2e6 / (size + 4000))), rounds = 41;
	const times = { seal: [], open: [], webcryptoSeal: [], webcryptoOpen: [] };
	for (let round = -3; round < rounds; round++) { // the first ones warm up
		const sealed = new Array(batch), theirSealed = new Array(batch);
		const t = [performance.now()];
		for (let i = 0; i < batch; i++) sealed[i] = ours.seal(frame);
		t.push(performance.now());
		for (let i = 0; i < batch; i++) if (ours.open(sealed[i]).length !== size) throw new Error('not opened');
		t.push(performance.now());
		for (let i = 0; i < batch; i++) theirSealed[i] = await theirs.seal(frame);
		t.push(performance.now());
		for (let i = 0; i < batch; i++) if ((await theirs.open(theirSealed[i])).length !== size) throw new Error('not opened');
		t.push(performance.now());
		if (round >= 0) Object.keys(times).forEach((k, i) => times[k].push((t[i + 1] - t[i]) * 1000 / batch));
	}
	return { size, ...Object.fromEntries(Object.entries(times).map(([k, v]) => [k, median(v)])) };
}

onmessage = async ({ data: sizes }) => {
	try {
		const ours = await pair(), theirs = await webCrypto(), before = ours.memory(), out = [];
		for (const size of sizes) out.push(await measure(ours, theirs, size));
		postMessage({ out, grown: ours.memory() - before });
	} catch (e) {
		postMessage({ error: String(e?.stack ?? e) });
	}
};
